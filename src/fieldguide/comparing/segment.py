"""Where a change began: the stretch of rows that speaks loudest for it.

Every row has a score, the logarithm of how much likelier it is under the change than without it. The
change is taken to hold in one stretch of consecutive rows, and there for all rows or for a share of them
(a partial roll-out). The best stretch is the one with the largest sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHARES = (0.999, 0.9, 0.75, 0.5, 0.3, 0.15, 0.05)
"""Shares of rows within the stretch that are tried."""
WHOLE = 4.0
"""All rows are taken to be affected unless a share of them explains this much more (natural logarithm)."""
CLEAR = 1.0
"""A row with at least this score counts as affected."""


@dataclass(frozen=True)
class Stretch:
    """Rows `start` … `stop` (excluded); within them the share `share` of the telling rows is affected.

    `gain` is the logarithm of how much better the change explains the rows; `affected` marks every row
    that speaks for the change within the stretch; `ended` says that rows after it speak against the change.
    """

    start: int
    stop: int
    share: float
    gain: float
    affected: NDArray[np.bool_]
    ended: bool = False


def best_stretch(scores: Floats, before: Floats | None = None) -> Stretch | None:
    """Return the stretch of rows in which the change explains most, or None when it explains nothing.

    `scores` has one entry a row (0 for a row that tells nothing, such as a null). `before` are the scores
    of the rows that came just before: a stretch that reaches the first row is continued into them, then
    `start` is negative.

    >>> import numpy as np
    >>> best_stretch(np.array([-5.0, -5, 0, 5, 5, 0, 5])).start
    3
    """
    if not len(scores) or scores.max() <= 0:
        return None
    tried = [(share, *_loudest(mixture(scores, share))) for share in SHARES]
    loudest = max(gain for _, gain, _, _ in tried)
    share, gain, start, stop = next(t for t in tried if t[1] >= loudest - max(WHOLE, 0.02 * loudest))
    if gain <= 0:
        return None
    if before is not None and len(before) and not (scores[:start] != 0).any():
        start = _continued(before, share, start)
    affected = np.zeros(len(scores), dtype=np.bool_)
    inside = slice(max(start, 0), stop)
    clear = min(CLEAR, float(np.abs(scores[inside]).max()) / 4)
    affected[inside] = scores[inside] >= clear
    found = share_of(scores[inside])
    if share > 0.99:
        affected[inside], found = scores[inside] != 0, 1.0
    against = int((scores[stop:] <= -clear).sum())
    ended = -against * float(np.log1p(-min(found, 0.9))) > 7.0  # a thousandth, were the change still on
    return Stretch(start, stop, found, gain, affected, ended)


def mixture(scores: Floats, share: float) -> Floats:
    """Return the score of each row when only `share` of the rows are affected."""
    return np.asarray(np.logaddexp(np.log1p(-share), np.log(share) + scores), dtype=np.float64)


def share_of(scores: Floats) -> float:
    """Return the likeliest share of affected rows among those that tell anything.

    >>> import numpy as np
    >>> round(share_of(np.array([9.0, 9, 9, -9, 0])), 2)
    0.75
    """
    telling = np.clip(scores[scores != 0], -30, 30)
    share = 0.5
    for _ in range(60 if len(telling) else 0):
        odds = share / max(1 - share, 1e-9) * np.exp(telling)
        share = float((odds / (1 + odds)).mean())
    return share


def _loudest(mixed: Floats) -> tuple[float, int, int]:
    """The largest sum of consecutive scores, and where it starts and stops."""
    sums = np.concatenate([[0.0], np.cumsum(mixed)])
    lowest = np.minimum.accumulate(sums)
    stop = int((sums - lowest).argmax())
    start = int(np.flatnonzero(sums[: stop + 1] <= lowest[stop] + 1e-12)[-1])
    return float(sums[stop] - lowest[stop]), start, stop


def indicator_scores(seen: NDArray[np.bool_], usual: float) -> Floats:
    """Return scores for a yes/no sign of the change whose usual share of rows is `usual`."""
    p = min(max(usual, 1e-4), 0.5)
    return np.asarray(np.where(seen, np.log(0.999 / p), np.log(0.001 / (1 - p))), dtype=np.float64)


def _continued(before: Floats, share: float, start: int) -> int:
    back = np.cumsum(mixture(before, share)[::-1])
    if not len(back) or back.max() <= 0:
        return start
    return -1 - int(back.argmax())
