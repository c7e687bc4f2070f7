"""What a page is drawn from: frozen values, filled by a step.

Times are aware datetimes. Losses are means per row on the objective's scale (log loss: nats). Every field
has an honest empty value: None or an empty tuple means "not known yet", and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fieldguide.finding import Finding


@dataclass(frozen=True)
class Point:
    """What happened to the answers of one stretch of time, on those whose outcome is known.

    `loss` is the live mean loss, `low` … `high` the range expected of it, `predicted` and `observed` the
    means of predictions and outcomes. `answers`, `refused`, `outcomes` and `fallback` count rows.
    """

    since: datetime
    until: datetime
    answers: int = 0
    refused: int = 0
    outcomes: int = 0
    fallback: int = 0
    loss: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    predicted: float | None = None
    observed: float | None = None
    release: str | None = None


@dataclass(frozen=True)
class LiveView:
    """The current release in service: its loss so far against the loss expected of it.

    `expected` (with `low` … `high`) is what the next period's data promised when it was fitted. `bias` is
    mean prediction / mean outcome. `mature` is the share of answers whose outcome is known or was due.
    """

    loss_name: str = "log loss"
    loss: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    bias: float | None = None
    mature: float | None = None
    series: tuple[Point, ...] = ()


@dataclass(frozen=True)
class ReleaseView:
    """A release and the one thing that changed with it; `state` is full, shadow, canary, ended or rolled back."""

    release: str
    model: str
    since: datetime
    change: str
    by: str | None = None
    fitted: str | None = None
    state: str = "full"
    until: datetime | None = None


@dataclass(frozen=True)
class FallbackView:
    """The constant answers for the model: since when, why, and what it says."""

    since: datetime
    reason: str
    prediction: float | None = None
    rows: int | None = None


@dataclass(frozen=True)
class RefusedView:
    """Rows refused for one reason; `path` is where in the row, `example` what stood there."""

    path: str
    reason: str
    rows: int
    example: str | None = None
    last: datetime | None = None


@dataclass(frozen=True)
class ServedView:
    """What the journal has counted so far."""

    answers: int = 0
    refused: int = 0
    outcomes: int = 0
    fallback: int = 0
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class RungView:
    """One model on the ladder: its loss on the next period, what it gains over the rung below, taken or not."""

    model: str
    loss: float | None
    low: float | None = None
    high: float | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    auc: float | None = None
    taken: bool = False
    reason: str = ""


@dataclass(frozen=True)
class WaiverView:
    """A finding that does not pass and that a named person lets pass."""

    finding: Finding
    by: str
    because: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class PastView:
    """An incident that is over: what was found, and from when to when it was open."""

    finding: Finding
    opened: datetime
    closed: datetime


@dataclass(frozen=True)
class EffortView:
    """Person-hours that people noted for one level."""

    level: str
    hours: float
    by: str = ""


@dataclass(frozen=True)
class ProgramView:
    """One program as its page shows it.

    `level` is the readiness reached (None: not graded yet, "" : graded, none reached), `held_back_by` what keeps it
    from the next one, `findings` all that the last grading said, `open_findings` what monitoring says of
    the rows served now, `past` which of its incidents are over (the newest first); `graded_at` and `as_of` are when each was said. `history` has the newest release first.
    """

    name: str
    question: str
    one_row_is: str = ""
    decision: str = ""
    level: str | None = None
    held_back_by: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    waived: tuple[WaiverView, ...] = ()
    open_findings: tuple[Finding, ...] = ()
    past: tuple[PastView, ...] = ()
    graded_at: datetime | None = None
    as_of: datetime | None = None
    release: ReleaseView | None = None
    history: tuple[ReleaseView, ...] = ()
    fallback: FallbackView | None = None
    live: LiveView = LiveView()
    served: ServedView = ServedView()
    refused: tuple[RefusedView, ...] = ()
    rungs: tuple[RungView, ...] = ()
    effort: tuple[EffortView, ...] = ()
    timezone: str = "UTC"
