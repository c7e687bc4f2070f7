"""B2: values that stand in for missing ones, in numbers, instants and names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from fieldguide.comparing.explained import DEFAULT_NUMBERS
from fieldguide.comparing.units import canonical
from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import blur, day, distinct, number, points, unit_of
from fieldguide.tables.names import snake
from fieldguide.tables.query import Found
from fieldguide.tables.summary import ColumnSummary
from fieldguide.tables.tally import Floats

DEFAULT_TIMES = (
    "0001-01-01", "1601-01-01", "1753-01-01", "1899-12-30", "1900-01-01", "1970-01-01", "1980-01-06", "2038-01-19",
    "2099-12-31", "2999-12-31", "9999-12-31",
)  # fmt: skip
HIDDEN_TEXTS = frozenset(
    {"", "unknown", "n/a", "na", "null", "nil", "nan", "undefined", "missing", "-", "--", "---", "?", "??", "not available",
     "not set", "not known", "unspecified", "tbd", "no data", "empty", "(empty)", "blank", "(blank)", "#n/a", "no answer",
     "not stated", "not reported", "unk", "<na>", "<null>", "\\n", "#value!", "#ref!"}
)  # fmt: skip
"""Names that say that a value is not known (compared in lower case, without spaces around)."""
AMBIGUOUS = frozenset({"na", "nil", "-"})
"""Of these some are names of something (NA is Namibia and Naples): always among codes, else unless one row in a hundred has it."""
CODE = re.compile("[A-Z]{2,3}")
"""How codes of countries and the like are written."""
FEWEST_DEFAULTS = 3
SCALE_CODES = (
    9.0,
    99.0,
    999.0,
    9999.0,
    99999.0,
    98.0,
    97.0,
    998.0,
    888.0,
    8888.0,
    -1.0,
    -8.0,
    -9.0,
    -88.0,
    -99.0,
    -999.0,
    -9999.0,
)
"""Codes that questionnaires put beyond the end of a scale of a few whole numbers."""
LONGEST_SCALE = 20
DAY = 86_400.0
WIDTH_OF_A_DEFAULT_TIME = 1.6 * DAY
"""Midnight of the day in any time zone."""
DAYS_AROUND, FEWEST_ON_A_DATE, HEAP_OF_A_DATE = 180.0, 10, 20.0
"""A default date among others holds ten rows at least, and twenty times as many as the half years beside it let expect."""
OPEN_END = datetime(2038, 1, 1, tzinfo=UTC).timestamp()
"""Default dates from here on often say that something has not ended yet."""
ORDINARY_CODES = (0.0, -1.0)
MOST_ZEROS = 0.2
"""Numbers that are values more often than not (off, none, a step down), and the share of the rows from which on 0 is an ordinary one."""
SPIKE = 5.0
"""So many times as many rows as its neighbors has a −1 that is no number."""
NEVER_ZERO = (
    "_(weight|height|bmi|blood_pressure|pressure|glucose|insulin|heart_rate|pulse|cholesterol|latitude|hematocrit|"
    "hemoglobin|skin_thickness|diastolic|systolic|hum|humidity|humid)_"
)
NEVER_ZERO_UNITS = frozenset(
    {"hectopascal", "millibar", "inch of mercury", "millimeter of mercury", "kelvin"}
)
GAP_TO_ZERO = 0.1
"""The smallest other value is at least so large a part of the median where zeros stand for nothing."""


@dataclass(frozen=True)
class Suspect:
    """A value that may stand in for missing ones: the `nearest` other value, and how many rows hold it, about.

    `sure` says that it cannot well be a value: it lies apart from all others. Else it is worth a look.
    """

    code: float
    nearest: float
    rows: int
    sure: bool = True
    why: str = ""


def default_suspects(
    column: ColumnSummary, feature: Feature | None = None, elsewhere: Mapping[float, int] | None = None
) -> list[Suspect]:
    """Return values of a column that may stand in for missing ones.

    A suspect is one of the usual stand-ins and apart from the others: by twice the range of (99 % of) the
    others, as the only negative among whole numbers, or beyond the end of a scale of a few whole numbers. A price of 999
    is nearer than that. Zero and −1 apart from the others are only worth a look (not even that when many rows are zero),
    unless nothing of that name or unit can be zero. Timestamps: a day that is more than five years from the others. Three rows are needed;
    fewer do when `elsewhere` (code -> rows in other columns) the same code is found.
    """
    if column.kind == "timestamp":
        return _default_times(column)
    if column.kind != "number":
        return []
    values, rows = points(column)
    more = elsewhere or {}
    if distinct(column) < 10:
        return _beyond_a_scale(values, rows) if column.values is not None else []
    suspects = []
    for code in DEFAULT_NUMBERS:
        same = np.abs(values - code) <= blur(column, code)
        rest, weight = values[~same], np.cumsum(rows[~same])
        times = int(rows[same].sum())
        if not times or times + more.get(code, 0) < FEWEST_DEFAULTS or len(rest) < 9:
            continue
        low, high = rest[np.searchsorted(weight, [0.005 * weight[-1], 0.995 * weight[-1]])]
        nearest = float(rest[np.argmin(np.abs(rest - code))])
        apart = abs(nearest - code) >= 2 * (high - low) > 0
        only = code <= -9 and float(rest.min()) >= 0 and bool((rest == np.round(rest)).all())
        if apart or only:
            sure = code not in ORDINARY_CODES or (feature is not None and _never_zero(feature))
            if sure or code != 0.0 or times < MOST_ZEROS * rows.sum():
                suspects.append(Suspect(code, nearest, times, sure))
    done = {s.code for s in suspects}
    suspects += [s for s in _worth_a_look(column, feature, values, rows) if s.code not in done]
    return suspects


def found_in(columns: Mapping[str, ColumnSummary], names: Sequence[str]) -> dict[float, dict[str, int]]:
    """Return, for each code that lies apart from the other values of a number, the rows that hold it by column."""
    seen: dict[float, dict[str, int]] = {}
    for name in names:
        for suspect in default_suspects(columns[name], None, dict.fromkeys(DEFAULT_NUMBERS, FEWEST_DEFAULTS)):
            if suspect.sure and columns[name].kind == "number":
                seen.setdefault(suspect.code, {})[name] = suspect.rows
    return seen


def default_values(
    feature: Feature, column: ColumnSummary, suspect: Suspect, where: Found, fewest: int = FEWEST_DEFAULTS
) -> list[Finding]:
    """B2: a usual stand-in for missing values, apart from the other values, is not repeated."""
    if where.rows < fewest:
        return []
    share = where.rows / max(int(column.counts.sum()), 1)
    timed = feature.kind == "timestamp"
    code = suspect.code
    shown = day(code) if timed else number(code) + unit_of(feature)
    near = day(suspect.nearest) if timed else number(suspect.nearest)
    if column.values is None:  # the middle of a bucket
        near = f"about {near if timed else number(float(f'{suspect.nearest:.2g}'))}"
    held = "1 row holds" if where.rows == 1 else f"{where.rows:,} rows ({share:.2%}) hold"
    saw = f"{held} {shown}{suspect.why}; the nearest other value is {near}"
    evidence = {"value": code, "rows": where.rows, "nearest": suspect.nearest}
    expected = "null where the value is not known"
    stands = (
        "an open end or a missing value; make it null where it does" if timed and code >= OPEN_END else None
    )
    ask = f"ask whether it stands for {stands or 'a missing value; if so make it null'}"
    todo = None if suspect.sure else ask
    return [
        found(
            "default_values",
            "fail" if suspect.sure else "pass",
            saw,
            feature.name,
            rows=where.examples,
            expected=expected,
            todo=todo,
            evidence=evidence,
        )
    ]


def heaped_dates(x: Floats, known: Sequence[Suspect] = ()) -> list[Suspect]:
    """Return default dates among ordinary ones that hold many times more rows than the days around them.

    `x` (n,) are the instants of some rows in seconds since 1970 (NaN: none), `known` the suspects found already. Such a
    date can be one, so it is worth a look, no more.
    """
    x = np.sort(x[np.isfinite(x)])
    suspects = []
    for date in DEFAULT_TIMES:
        code = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
        near, wide = (
            int(np.searchsorted(x, code + by, side="right") - np.searchsorted(x, code - by))
            for by in (WIDTH_OF_A_DEFAULT_TIME, DAYS_AROUND * DAY)
        )
        usual = (wide - near) * WIDTH_OF_A_DEFAULT_TIME / (DAYS_AROUND * DAY)
        if near < FEWEST_ON_A_DATE or near < HEAP_OF_A_DATE * usual or code in {s.code for s in known}:
            continue
        rest = x[np.abs(x - code) > WIDTH_OF_A_DEFAULT_TIME]
        if len(rest):
            nearest = float(rest[np.argmin(np.abs(rest - code))])
            suspects.append(_look(code, nearest, near, ", many times more than the days around it"))
    return suspects


def hidden_texts(column: ColumnSummary) -> dict[str, int]:
    """Return the names of a category that say that the value is not known, with their rows."""
    if column.kind != "category":
        return {}
    rows = column.counts.sum(axis=0)
    few = 0.01 * rows.sum()
    labels = [label for label, n in zip(column.labels, rows.tolist(), strict=True) if n]
    codes = sum(bool(CODE.fullmatch(label)) for label in labels) > 0.5 * len(labels)
    return {
        label: int(n)
        for label, n in zip(column.labels, rows.tolist(), strict=True)
        if n
        and (text := label.strip().lower()) in HIDDEN_TEXTS
        and (text not in AMBIGUOUS or (n >= few and not (codes and CODE.fullmatch(label))))
    }


def default_names(feature: Feature, column: ColumnSummary) -> list[Finding]:
    """B2: say which names of a category say that the value is not known: they count as missing."""
    hidden = hidden_texts(column)
    n = int(column.counts.sum())
    if not hidden or len(hidden) == len(column.labels):
        return []
    told = " and ".join(f"{rows:,} {label!r}" for label, rows in hidden.items())
    share = sum(hidden.values()) / max(n, 1)
    saw = f"{told} ({share:.2%} of the rows) say that the value is not known; they count as missing values"
    todo = "make them null, so that they are counted and filled as missing; or keep them, if they are a kind of their own"
    expected = "null where the value is not known"
    return [
        found(
            "default_values", "pass", saw, feature.name, expected=expected, todo=todo,
            evidence={"values": dict(hidden)},
        )
    ]  # fmt: skip


def _beyond_a_scale(values: np.ndarray, rows: np.ndarray) -> list[Suspect]:
    """Codes beyond the end of a scale of consecutive small whole numbers, such as 1 to 7 and 99."""
    suspects = []
    codes = [code for code in SCALE_CODES if code in values.tolist()]
    rest = values[~np.isin(values, codes)]
    for code in codes:
        rest_ = values[values != code] if 0 <= code < 10 else rest
        at = values == code
        if rows[at].sum() < FEWEST_DEFAULTS or len(rest_) < 3 or not (rest_ == np.round(rest_)).all():
            continue
        low, high = float(rest_.min()), float(rest_.max())
        if not (low in (0.0, 1.0) and high - low <= LONGEST_SCALE and len(rest_) >= 0.6 * (high - low + 1)):
            continue
        nearest = high if code > 0 else low
        # 9 after 0 … 5 may be a step left out; 99 after 7 is no value
        if code >= 3 * max(high, 1.0) + 10 or code <= -8:
            suspects.append(Suspect(code, nearest, int(rows[at].sum())))
        elif code == -1.0 and low >= 0 and rows[at].sum() > SPIKE * rows[values == low].sum():
            suspects.append(_look(code, nearest, int(rows[at].sum())))
    return suspects


def _worth_a_look(
    column: ColumnSummary, feature: Feature | None, values: np.ndarray, rows: np.ndarray
) -> list[Suspect]:
    """A −1 among whole numbers that far more rows hold than its neighbors; zeros where nothing can be zero."""
    suspects = []
    if column.values is not None and -1.0 in column.values and values[0] == -1.0:
        times, near = column.values[-1.0], max((column.values.get(float(v), 0) for v in (0, 1, 2)), default=0)
        if (values == np.round(values)).all() and times >= FEWEST_DEFAULTS and times > SPIKE * near:
            suspects.append(_look(-1.0, float(values[1]), int(times)))
    zero = np.abs(values) <= blur(column, 0.0)
    rest = values[~zero]
    if feature is not None and zero.any() and len(rest) >= 20 and float(rest.min()) > 0:
        weight = np.cumsum(rows[~zero])
        middle = float(rest[np.searchsorted(weight, 0.5 * weight[-1])])
        times = int(rows[zero].sum())
        if _never_zero(feature) and times >= FEWEST_DEFAULTS and float(rest.min()) >= GAP_TO_ZERO * middle:
            suspects.append(_look(0.0, float(rest.min()), times, ", which such a measurement cannot be"))
    return suspects


def _never_zero(feature: Feature) -> bool:
    """Whether by its name or its unit nothing in a column can be zero."""
    unit = canonical(getattr(feature, "unit", None))
    return bool(re.search(NEVER_ZERO, snake(feature.name))) or unit in NEVER_ZERO_UNITS


def _look(
    code: float, nearest: float, rows: int, why: str = ", far more than the values beside it"
) -> Suspect:
    return Suspect(code, nearest, rows, False, why)


def _default_times(column: ColumnSummary) -> list[Suspect]:
    values, rows = points(column)
    suspects = []
    for date in DEFAULT_TIMES:
        code = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
        same = np.abs(values - code) <= WIDTH_OF_A_DEFAULT_TIME + blur(column, code)
        rest = values[~same]
        if rows[same].sum() >= FEWEST_DEFAULTS and len(rest):
            nearest = float(rest[np.argmin(np.abs(rest - code))])
            if abs(nearest - code) > 5 * 365 * DAY:
                suspects.append(Suspect(code, nearest, int(rows[same].sum()), code < OPEN_END))
    return suspects
