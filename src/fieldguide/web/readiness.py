"""What a page says of a grade: the way up, what holds back, who can do what next. Pure: view values in, words out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from fieldguide.finding import Finding
from fieldguide.readiness.levels import CHECKS, LEVELS, RANK
from fieldguide.readiness.telling import Group, commands, groups, plainly, who_can
from fieldguide.web.view import ColumnView, ProgramView

MOST_PLAIN = 5
"""Sentences that say what holds back, before the findings themselves."""
MOST_COLUMNS = 24
"""Columns that are shown open; the others are folded."""
MOST_ROWS = 10
"""Rows to look at that a card names."""
MOST_JOINED = 4
"""Things of one step that are told one by one."""
MOST_TOLD = 3
"""Findings that are told beside a column's picture; all are in the list."""
_WORST = {"fail": 0, "unknown": 1, "note": 2, "asked": 3, "pass": 4}


@dataclass(frozen=True)
class Step:
    """One level of the scale as it is drawn."""

    level: str
    title: str
    meaning: str
    takes: str
    reached: bool


@dataclass(frozen=True)
class Ahead:
    """What is open at one level: failures, questions for people, what the data or later steps have to show."""

    step: Step
    fails: int
    people: int
    data: int
    later: int


@dataclass(frozen=True)
class ToDo:
    """One thing to do next: who can do it, what it is, how, and the commands for it."""

    who: str
    what: str
    how: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """Groups of findings that ask for the same next step, drawn as one."""

    groups: tuple[Group, ...]

    @property
    def first(self) -> Group:
        """The worst of them."""
        return self.groups[0]

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks that they are of."""
        return tuple(dict.fromkeys(group.check for group in self.groups))

    @property
    def about(self) -> tuple[str, ...]:
        """The columns that they are about."""
        return tuple(dict.fromkeys(name for group in self.groups for name in group.about))

    @property
    def saw(self) -> tuple[str, ...]:
        """What was seen, each once; with its check where they are of several and saw different things."""
        if len({group.saw for group in self.groups}) == 1 or len(self.checks) == 1:
            return tuple(dict.fromkeys(group.saw for group in self.groups if group.saw))
        return tuple(f"{group.check.replace('_', ' ')}: {group.saw}" for group in self.groups if group.saw)

    @property
    def expected(self) -> str:
        """What was expected of them all."""
        return "; ".join(dict.fromkeys(group.expected for group in self.groups if group.expected))

    @property
    def rows(self) -> tuple[str, ...]:
        """Rows to look at, of each in turn."""
        turns = zip_longest(*(group.first.rows for group in self.groups))
        return tuple(dict.fromkeys(row for turn in turns for row in turn if row is not None))[:MOST_ROWS]


def joined(found: Sequence[Group]) -> tuple[Card, ...]:
    """Return groups as cards: those of one verdict that ask for the same next step, and of the same columns or rows, are one."""
    cards: dict[tuple[Any, ...], list[Group]] = {}
    for number, group in enumerate(found):
        alone = (
            not group.next
            or commands(group.next)
            or group.first.diagnosis
            or group.first.evidence.get("before")
        )
        same = (group.verdict, group.first.blocks, group.next, group.about)
        cards.setdefault((number,) if alone else same, []).append(group)
    return tuple(Card(tuple(members)) for members in cards.values())


@dataclass(frozen=True)
class ColumnState:
    """What is told of a column beside its picture: the worst, what was seen of that, and how many questions are open.

    `verdict` is "fail", "unknown", "note" (worth a look), "asked" (only questions for people are open) or "pass".
    """

    column: ColumnView
    verdict: str
    told: tuple[tuple[str, Finding], ...]
    questions: int


def scale(level: str | None) -> tuple[Step, ...]:
    """Return the levels from C4 to A1, those up to `level` marked as reached."""
    reached = RANK.get(level or "", -1)
    return tuple(
        Step(each.name, each.title, each.meaning, each.takes, number <= reached)
        for number, each in enumerate(LEVELS)
    )


def grade_values(view: ProgramView) -> dict[str, Any]:
    """Return what the templates draw a grade from."""
    steps = scale(view.level)
    held = groups(view.held_back_by)
    waived = [w.finding for w in view.waived]
    rest = [f for f in view.findings if f not in view.held_back_by and f not in waived]
    open_ = [f for f in rest if f.verdict != "pass" and f not in view.open_findings]
    unknown = [f for f in open_ if f.verdict == "unknown"]
    columns = sorted(map(column_state, view.columns), key=_badness)
    return {
        "scale": steps,
        "here": next((step for step in steps if step.level == view.level), None),
        "above": next((step for step in steps if not step.reached), None),
        "held": held,
        "plain": tuple(plainly(group) for group in held[:MOST_PLAIN]),
        "plain_more": max(len(held) - MOST_PLAIN, 0),
        "todo": _todos(_todo(group, _owner(group, view)) for group in held),
        "further": groups(f for f in open_ if f.verdict == "fail"),
        "unknown": _by_who(unknown),
        "notes": groups(f for f in rest if f.verdict == "pass" and f.next),
        "ahead": _ahead(view, steps, waived),
        "fails": sum(f.verdict == "fail" for f in (*view.held_back_by, *open_)),
        "questions": sum(
            who_can(f.check) == "person" for f in (*view.held_back_by, *unknown) if f.verdict == "unknown"
        ),
        "hours": sum(each.hours for each in view.effort),
        "columns_open": columns[:MOST_COLUMNS],
        "columns_folded": columns[MOST_COLUMNS:],
        "checks_of_sources": _checks(view),
    }


def _by_who(unknown: Sequence[Finding]) -> tuple[tuple[str, tuple[Group, ...]], ...]:
    heads = {"person": "People have to say", "data": "The data have to show", "later": "Later steps show"}
    told = ((head, groups(f for f in unknown if who_can(f.check) == who)) for who, head in heads.items())
    return tuple((head, found) for head, found in told if found)


def _todos(given: Iterable[ToDo]) -> tuple[ToDo, ...]:
    """Return what there is to do, each step once: what several findings ask for alike is one."""
    steps: dict[tuple[Any, ...], list[ToDo]] = {}
    for number, one in enumerate(given):
        key: tuple[Any, ...] = (one.who, one.how, one.commands) if one.how else (number,)
        steps.setdefault(key, []).append(one)
    told = []
    for same in steps.values():
        what = list(dict.fromkeys(one.what for one in same))
        more = f" and {len(what) - MOST_JOINED} more" if len(what) > MOST_JOINED else ""
        told.append(replace(same[0], what="; ".join(what[:MOST_JOINED]) + more))
    return tuple(told)


def _todo(group: Group, owner: str) -> ToDo:
    check = CHECKS.get(group.check)
    of = f"{group.names}: " if group.about else ""
    who, what = {
        "person": (
            f"{owner or 'Somebody who answers for the data'} has to say",
            check.checks if check else group.saw,
        ),
        "data": (
            f"{owner + ', at the source,' if owner else 'Whoever can, at the source,'} has to settle",
            group.saw,
        ),
        "later": ("The next step has to show", check.checks if check else group.saw),
    }[who_can(group.check)]
    return ToDo(who, of + what, without_commands(group.next), commands(group.next))


def _owner(group: Group, view: ProgramView) -> str:
    """Return who answers for what a group is about: for a few columns their owners, else the owner of the data."""
    named = list(dict.fromkeys(view.owners.get(name, view.owner) for name in group.about))
    return " and ".join(named) if 0 < len(named) <= 2 and all(named) else view.owner


def without_commands(text: str) -> str:
    """Return what to do without the commands for it, which are shown apart.

    >>> without_commands("write license=…; or: fieldguide confirm P license --by NAME --because ANSWER")
    'write license=…'
    >>> without_commands("mend the rows; if they are right: fieldguide waive P x --by NAME --because WHY")
    'mend the rows; if they are right:'
    """
    for command in commands(text):
        text = text.replace(command, "")
    text = text.strip(" ;.")
    for ending in ("; or:", "; or", " or:", ": or"):
        text = text.removesuffix(ending)
    return text.strip(" ;.")


def column_state(column: ColumnView) -> ColumnState:
    """Return what is told of a column: what the data show, not what people have not answered yet."""
    asked = [f for f in column.findings if f.verdict != "pass" and who_can(f.check) == "person"]
    others = [f for f in column.findings if f not in asked]
    told: list[tuple[str, Finding]] = [(f.verdict, f) for f in others if f.verdict == "fail"]
    told += [(f.verdict, f) for f in others if f.verdict == "unknown"]
    told += [("note", f) for f in others if f.verdict == "pass" and f.next]
    verdict = told[0][0] if told else "asked" if asked else "pass"
    # of each check the worst: several codes of one column would fill its tile
    first: dict[tuple[str, str], tuple[str, Finding]] = {}
    for kind, f in told:
        first.setdefault((kind, f.check), (kind, f))
    return ColumnState(column, verdict, tuple(first.values())[:MOST_TOLD], len(asked))


def _badness(state: ColumnState) -> tuple[int, float]:
    shares = [share for _, f in state.told if isinstance(share := f.evidence.get("share"), int | float)]
    return _WORST[state.verdict], -max(shares, default=0.0)


def _ahead(view: ProgramView, steps: Sequence[Step], waived: Sequence[Finding]) -> tuple[Ahead, ...]:
    told = []
    for step in steps:
        if step.reached:
            continue
        mine = [f for f in view.findings if f.level == step.level and f.verdict != "pass" and f not in waived]
        by: Mapping[str, int] = {
            who: sum(f.verdict == "unknown" and who_can(f.check) == who for f in mine)
            for who in ("person", "data", "later")
        }
        fails = sum(f.verdict == "fail" for f in mine)
        told.append(Ahead(step, fails, by["person"], by["data"], by["later"]))
    return tuple(told)


def _checks(view: ProgramView) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for source in view.sources for name, _, _ in source.checks))
