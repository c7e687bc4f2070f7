"""What a page is drawn from: frozen values, filled by a step.

Times are aware datetimes. Losses are means per row on the objective's scale (log loss: nats). Every field
has an honest empty value: None or an empty tuple means "not known yet", and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class RefusedView:
    """Rows refused for one reason; `path` is where in the row, `example` what stood there."""

    path: str
    reason: str
    rows: int
    example: str | None = None


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
    """Person-hours that people noted for one level, and who they are."""

    level: str
    hours: float
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Histogram:
    """A number's values: `shares` of the rows between `edges` (one more than shares), `later` those of the last rows.

    `below` and `above` are the shares beyond the edges. `later` is empty where rows have no time.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    later: tuple[float, ...] = ()
    below: float = 0.0
    above: float = 0.0


@dataclass(frozen=True)
class Bars:
    """The most frequent names with their shares of the rows, and those among the last rows where these have a time.

    `others` is how many names are not shown, `others_share` what they hold together.
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]
    later: tuple[float, ...] = ()
    others: int = 0
    others_share: float = 0.0


@dataclass(frozen=True)
class ColumnView:
    """One column as it came: what is declared of it, what was counted, and what was found.

    `missing` is the share of the rows without a value, `missing_over_time` the same by stretches of the rows
    in their order of time (start, share). `low`, `middle`, `high` are texts in the column's own terms,
    `not_drawn` says which values lie beyond the picture.
    """

    name: str
    kind: str
    about: str = ""
    unit: str = ""
    missing: float = 0.0
    distinct: str = ""
    low: str = ""
    middle: str = ""
    high: str = ""
    not_drawn: str = ""
    picture: Histogram | Bars | None = None
    missing_over_time: tuple[tuple[datetime, float], ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class SourceView:
    """One source that was read: its size, what was lost, how far bands C and B go with it, and what they found of it.

    `checks` are check, verdict and what was seen: the worst of each.
    """

    name: str
    main: bool
    level: str = ""
    rows: int | None = None
    columns: int | None = None
    rejected: int = 0
    checks: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class GradingView:
    """One grading of the past: when, the level, the rows, and in a line what had changed since the one before."""

    at: datetime
    level: str
    rows: int
    change: str
    climbed: int = 0


@dataclass(frozen=True)
class SaidView:
    """What a person confirmed or waived; `counts` tells whether it does so now."""

    at: datetime
    by: str
    verb: str
    check: str
    about: str | None = None
    because: str = ""
    until: datetime | None = None
    counts: bool = True


@dataclass(frozen=True)
class ExpiringView:
    """Something that the level rests on and that ends soon."""

    what: str
    until: datetime
    days: int


@dataclass(frozen=True)
class ProgramView:
    """One program as its page shows it.

    `level` is the readiness reached (None: not graded yet, "" : graded, none reached), `held_back_by` what keeps it
    from the next one, `findings` all that the last grading said, `open_findings` what monitoring says of
    the rows served now, `past` which of its incidents are over (the newest first); `graded_at` and `as_of` are when each was said. `history` has the newest release first, `gradings` the
    newest grading. `owner` is who answers for the data (`owners`: for some columns and sources), `place` where they are; `share` the part of the rows that was
    read, `error` why none were.
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
    owner: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    rows: int | None = None
    share: float | None = None
    error: str | None = None
    columns: tuple[ColumnView, ...] = ()
    sources: tuple[SourceView, ...] = ()
    gradings: tuple[GradingView, ...] = ()
    gradings_total: int = 0
    said: tuple[SaidView, ...] = ()
    expiring: tuple[ExpiringView, ...] = ()
