"""Learning: the mathematics of the blanks, from a canonical table to a Fitted that answers."""

from fieldguide.learning.explain import Explanation, explain, explainer
from fieldguide.learning.fitted import Fitted, predict_table, row_predictor
from fieldguide.learning.ladder import Climb, Rung, beats_the_mean, climb
from fieldguide.learning.losses import Interval, Losses
from fieldguide.learning.objectives import Objective, objective_of
from fieldguide.learning.splits import Split, boundary, split
from fieldguide.learning.store import load, save

__all__ = [
    "Climb", "Explanation", "Fitted", "Interval", "Losses", "Objective", "Rung", "Split", "beats_the_mean", "boundary", "climb", "explain",
    "explainer", "load", "objective_of", "predict_table", "row_predictor",
    "save", "split",
]  # fmt: skip
