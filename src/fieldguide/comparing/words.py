"""The sentences of a finding: what was seen, what was expected, what to do next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fieldguide.comparing.drift import Alarm
from fieldguide.comparing.explained import Explained
from fieldguide.comparing.units import Transform, plural


@dataclass(frozen=True)
class Place:
    """Where a change began (and ended, if it did), how many of the rows it is on, and what history was."""

    first_row: int | None
    since: str | None
    until_row: int | None
    share: float
    windows: int
    rows: int

    @property
    def since_words(self) -> str:
        """`since row 1,204 (2013-12-05T10:15:00+00:00)`."""
        if self.first_row is None:
            return "in this window"
        when = f" ({self.since})" if self.since else ""
        until = f" until row {self.until_row:,}" if self.until_row is not None else ""
        return f"since row {self.first_row:,}{when}{until}"

    @property
    def share_words(self) -> str:
        """`on 31 % of the rows `, or nothing when it is on all."""
        return "" if self.share >= 0.995 else f"on {percent(self.share)} of the rows "

    @property
    def history_words(self) -> str:
        """`in 96 earlier windows of 1,000 rows`."""
        return f"in {self.windows:,} earlier windows of {self.rows:,} rows"


def percent(share: float) -> str:
    """Return a share in words: `3.2 %`, `0.04 %`, `100 %`.

    >>> percent(0.0321), percent(1.0)
    ('3.2 %', '100 %')
    """
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def times(factor: float) -> str:
    """Return a factor as a multiplication sign and a readable number.

    >>> times(1000.0), times(0.44704), times(1 / 60)
    ('×1000', '×0.44704', '×0.0166667')
    """
    return f"×{factor:.6g}"


def say(name: str, explained: Explained, alarm: Alarm, place: Place) -> tuple[str, str, str]:
    """Return what was seen, what was expected and what to do next, for a change of the column `name`."""
    if explained.transform is not None:
        return _unit(name, explained.transform, place)
    said = _SENTENCES.get(explained.cause or "")
    if said is None:
        return _unknown(name, alarm, place)
    saw, expected, todo = said
    witnesses: Mapping[str, object] = explained.witnesses
    blanks = {
        "name": name,
        "since": place.since_words,
        "share": percent(place.share),
        "on": place.share_words,
        "value": _quoted(explained.value),
        "history": place.history_words,
        "most": percent(alarm.most),
        "usual": percent(float(str(witnesses.get("usual_share", 0.0)))),
        "new": _listed(witnesses.get("new_values")),
        "mapping": _mapped(explained.mapping),
    }
    return saw.format(**blanks), expected.format(**blanks), todo.format(**blanks)


def _unit(name: str, transform: Transform, place: Place) -> tuple[str, str, str]:
    before = plural(transform.before) if transform.before else None
    after = plural(transform.after) if transform.after else None
    change = times(transform.factor)
    if transform.offset:
        change += f" {'+' if transform.offset > 0 else '−'} {abs(transform.offset):.6g}"
    if after and before:
        saw = f"{name} is in {after} {place.share_words}{place.since_words}, {change}"
        expected = f"{before}, as {place.history_words}"
        asked = f"now sends {after} instead of {before}"
    else:
        saw = f"{name} is {change} of what it was {place.share_words}{place.since_words}"
        expected = f"the same unit as {place.history_words}" + (f" ({before})" if before else "")
        asked = f"changed its unit by {change}"
    back = (
        f"(x − {transform.offset:.6g}) ÷ {transform.factor:.6g}"
        if transform.offset
        else f"÷ {transform.factor:.6g}"
    )
    todo = (
        f"Ask the owner of {name} whether the source {asked}; have it set right or convert it back ({back}). "
        "If the new unit is to stay, declare it and fit again on rows in it."
    )
    return saw, expected, todo


def _unknown(name: str, alarm: Alarm, place: Place) -> tuple[str, str, str]:
    if alarm.test in ("scale", "spread"):
        word = "size" if alarm.test == "scale" else "spread"
        saw = f"{name} changed, cause unknown: its {word} differs from history by a factor of {math.exp(alarm.saw):.3g}"
        expected = f"at most {math.exp(alarm.most):.3g} {place.history_words} (alarm from {math.exp(alarm.limit):.3g})"
        return saw, expected, f"Look at {name} before and after, and ask its owner what changed."
    what = {
        "novel": "of the rows hold values that history never had",
        "support": "of the rows hold values off the grid of history's values",
        "shape": "apart from history in shape",
        "repeat": "more rows share one value than ever",
        "nulls": "of the rows have no value",
    }[alarm.test]
    saw = f"{name} changed, cause unknown: {percent(alarm.saw)} {what}"
    expected = f"at most {percent(alarm.most)} {place.history_words} (alarm from {percent(alarm.limit)})"
    return saw, expected, f"Look at {name} before and after, and ask its owner what changed."


_SENTENCES: dict[str, tuple[str, str, str]] = {
    "null_flood": (
        "{name} has no value on {share} of the rows {since}",
        "at most {most} missing {history}",
        "Ask the owner of {name} why values stopped coming; until they come again the answers cannot use it.",
    ),
    "default_flood": (
        "{name} is {value}, a stand-in, {on}{since}",
        "{value} on {usual} of the rows, as {history}",
        "Ask the owner of {name} whether {value} stands for a missing value; if so have it sent as null.",
    ),
    "stuck_value": (
        "{name} is stuck at {value} {on}{since}",
        "{value} on {usual} of the rows, as {history}",
        "Ask the owner of {name} whether the sensor or the feed still runs.",
    ),
    "category_new": (
        "{name} has values that history never had on {share} of the rows {since}: {new}",
        "at most {most} of the rows with unseen values {history}",
        "If the new values are right, gather rows with them and fit again; if not, have the source set right.",
    ),
    "category_renamed": (
        "{name} comes under other names {on}{since}: {mapping}",
        "the names of history, as {history}",
        "Ask the owner of {name} to send the old names, or rename them in the source before fitting again.",
    ),
}


def _quoted(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    return repr(value)


def _listed(pairs: object) -> str:
    if not isinstance(pairs, list) or not pairs:
        return "no values"
    named = [repr(label) for label, _ in pairs[:3]]
    return ", ".join(named) + (f" and {len(pairs) - 3} more" if len(pairs) > 3 else "")


def _mapped(mapping: Mapping[str, str]) -> str:
    named = [f"{old!r} is now {new!r}" for new, old in list(mapping.items())[:3]]
    return ", ".join(named) + (f" and {len(mapping) - 3} more" if len(mapping) > 3 else "")
