"""What changed between two gradings, and what will expire: values of the ledger in, values out.

A finding is known by its check and what it is about. It is *new* when it keeps from a level now and did not
before, *gone* when it did and does not, *turned* when it went from unknown to fail or back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fieldguide.finding import Finding
from fieldguide.ledger.records import GradeRecord
from fieldguide.readiness.answers import Answer, Waiver
from fieldguide.readiness.levels import RANK
from fieldguide.readiness.telling import counted, listed

SOON = timedelta(days=30)
"""What expires within this time is told beforehand."""
NOTHING = "nothing changed"
MOST_SAID = 3
"""Answers and waivers that are told one by one in the line of a change."""


@dataclass(frozen=True)
class Change:
    """What differs between a grading and the one before it.

    `level` and `rows` are before and after. `question` tells that question, source, features or label were
    declared otherwise, `content` that the same rows (number and span of time) came with other content,
    `checks` that another fieldguide looked. `said` are the answers and waivers that people gave in between, `ended`
    those that ran out in between.
    """

    level: tuple[str, str]
    rows: tuple[int, int]
    new: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    turned: tuple[tuple[Finding, Finding], ...] = ()
    columns_new: tuple[str, ...] = ()
    columns_gone: tuple[str, ...] = ()
    question: bool = False
    content: bool = False
    checks: bool = False
    said: tuple[Answer | Waiver, ...] = ()
    ended: tuple[Answer | Waiver, ...] = ()

    @property
    def climbed(self) -> int:
        """How many levels up it went; below zero: down."""
        return RANK[self.level[1]] - RANK[self.level[0]]

    def __str__(self) -> str:
        """Return the change in a line."""
        told = []
        if self.rows[0] != self.rows[1]:
            told.append(f"rows {self.rows[0]:,} → {self.rows[1]:,}")
        elif self.content:
            told.append("the same rows with other content")
        for word, findings in (("gone", self.gone), ("new", self.new)):
            if findings:
                told.append(f"{counted(len(findings), 'finding')} {word} ({_names(findings)})")
        if self.turned:
            turned = "; ".join(
                f"{_name(now)} {then.verdict} → {now.verdict}" for then, now in self.turned[:3]
            )
            more = f" and {len(self.turned) - 3} more" if len(self.turned) > 3 else ""
            told.append(turned + more)
        for word, columns in (("new", self.columns_new), ("gone", self.columns_gone)):
            if columns:
                told.append(f"columns {word}: {listed(columns, 5)}")
        told += _people(self.said, self.ended)
        if self.question:
            told.append("declared otherwise")
        if self.checks:
            told.append("another version of the checks")
        return "; ".join(told) or NOTHING


@dataclass(frozen=True)
class Expiring:
    """Something that a grade rests on and that ends at `until`: an answer, a waiver, evidence, a permission."""

    what: str
    until: datetime
    by: str = ""


def said_in_a_line(each: Answer | Waiver) -> str:
    """Return who said what of which check, until when and why.

    >>> said_in_a_line(Waiver("wild_values", "Bo", datetime(2026, 5, 1), "seconds", "a kiosk", datetime(2026, 6, 30, 23, 59)))
    'Bo waives wild_values of seconds until 2026-06-30: a kiosk'
    """
    because = f": {each.because}" if each.because else ""
    return f"{_said_of(each)}{because}"


def change(before: GradeRecord, after: GradeRecord, said: Iterable[Answer | Waiver] = ()) -> Change:
    """Return what differs between two recorded gradings; `said` is what people said at any time."""
    then, now = _open(before.findings), _open(after.findings)
    columns = [_columns(record) for record in (before, after)]
    rows = (_rows(before), _rows(after))
    since, at = (datetime.fromisoformat(record.at) for record in (before, after))
    given = sorted(said, key=lambda each: each.at)
    same_place = [
        (r.extent.get("source"), r.extent.get("since"), r.extent.get("until")) for r in (before, after)
    ]
    return Change(
        level=(before.level, after.level),
        rows=rows,
        new=tuple(f for name, f in now.items() if name not in then),
        gone=tuple(f for name, f in then.items() if name not in now),
        turned=tuple((then[n], f) for n, f in now.items() if n in then and then[n].verdict != f.verdict),
        columns_new=tuple(name for name in columns[1] if name not in columns[0]) if columns[0] else (),
        columns_gone=tuple(name for name in columns[0] if name not in columns[1]) if columns[1] else (),
        question=before.fingerprint != after.fingerprint,
        content=rows[0] == rows[1]
        and same_place[0] == same_place[1]
        and _rewritten(before.extent.get("hash"), after.extent.get("hash")),
        checks=before.code != after.code,
        said=tuple(each for each in given if since < each.at <= at),
        ended=tuple(each for each in given if each.until is not None and since < each.until <= at),
    )


def _rewritten(before: str | None, after: str | None) -> bool:
    """Whether two hashes of content differ; those of two engines ("duckdb1.4:", "spark4:") say nothing of each other."""
    engines = {str(text).rpartition(":")[0] for text in (before, after)}
    return len(engines) == 1 and before != after


def expiring(
    given: Iterable[Answer | Waiver], now: datetime, within: timedelta = SOON
) -> tuple[Expiring, ...]:
    """Return the answers and waivers that count now and will not after `within`, the first to end first.

    An answer that a later one of the same check and column outlives is left out.
    """
    last: dict[tuple[type, str, str | None], Answer | Waiver] = {}
    for each in sorted(given, key=lambda each: each.at):
        last[type(each), each.check, each.about] = each
    told = [
        Expiring(_said(each), each.until, each.by)
        for each in last.values()
        if each.until is not None and now < each.until <= now + within
    ]
    return tuple(sorted(told, key=lambda each: each.until))


def _people(said: Sequence[Answer | Waiver], ended: Sequence[Answer | Waiver]) -> list[str]:
    """Return what people said, one by one where it is little, and what of it ran out."""
    if len(said) <= MOST_SAID:
        told = [_said_of(each) for each in said]
    else:
        waivers = [each for each in said if isinstance(each, Waiver)]
        numbers = ((len(said) - len(waivers), "answer"), (len(waivers), "waiver"))
        told = [" and ".join(counted(number, word) for number, word in numbers if number)]
    return told + [f"{_said(each)} ended on {each.until:%Y-%m-%d}" for each in ended[:MOST_SAID]]


def _said_of(each: Answer | Waiver) -> str:
    verb = "waives" if isinstance(each, Waiver) else "confirms"
    of = f" of {each.about}" if each.about else ""
    until = f" until {each.until:%Y-%m-%d}" if each.until else ""
    return f"{each.by} {verb} {each.check}{of}{until}"


def _said(each: Answer | Waiver) -> str:
    of = f" of {each.about}" if each.about else ""
    return f"the {'waiver' if isinstance(each, Waiver) else 'answer'} of {each.by} on {each.check}{of}"


def _open(findings: Sequence[Finding]) -> dict[tuple[str, str | None], Finding]:
    """Return the findings that keep from a level, by check and column: the worst where there are several."""
    found: dict[tuple[str, str | None], Finding] = {}
    for f in findings:
        if f.verdict != "pass" and (f.verdict == "fail" or (f.check, f.about) not in found):
            found[f.check, f.about] = f
    return found


def _columns(record: GradeRecord) -> tuple[str, ...]:
    given: Any = record.extent.get("columns") or ()
    return tuple(str(name) for name in given)


def _rows(record: GradeRecord) -> int:
    return int(record.extent.get("rows") or 0)


def _names(findings: Sequence[Finding]) -> str:
    return listed(tuple(dict.fromkeys(_name(f) for f in findings)), 4)


def _name(finding: Finding) -> str:
    return f"{finding.check} of {finding.about}" if finding.about else finding.check
