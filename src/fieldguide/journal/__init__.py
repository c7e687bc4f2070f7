"""The journal: every answer served, every refusal, every outcome, and the way back to a training table."""

from fieldguide.journal.answers import Counts, counts, last_number, read_answers, refusals, watermark
from fieldguide.journal.entries import Answer, Entry, Refused, answered, refused
from fieldguide.journal.harvest import Harvest, harvest
from fieldguide.journal.joined import joined, read_outcomes
from fieldguide.journal.journal import Journal
from fieldguide.journal.outcomes import Outcome, Recorded

__all__ = [
    "Answer", "Counts", "Entry", "Harvest", "Journal", "Outcome", "Recorded", "Refused", "answered", "counts",
    "harvest", "joined", "last_number", "read_answers", "read_outcomes", "refusals", "refused", "watermark",
]  # fmt: skip
