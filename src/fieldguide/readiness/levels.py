"""The levels of readiness, the checks that guard them and the moves between them, as tables.

Nothing else in the system knows what a level takes; the documentation is drawn from here
(`levels_markdown`). Lawrence (*Data Readiness Levels*, arXiv:1705.02245) names the three bands and gives
five of the twelve levels a meaning; the other seven are filled by us and say so (FACTS 1.1, 1.3).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from fieldguide.errors import UsageError, suggest
from fieldguide.readiness.checks import CHECKS, Check, check, found

__all__ = [
    "BANDS", "CHECKS", "HIGHEST", "LEVELS", "LOWEST", "MOVES", "RANK", "Band", "Check", "Level", "Move", "at_least",
    "check", "checks_of", "found", "level", "levels_markdown",
]  # fmt: skip

Origin = Literal["literature", "ours"]


@dataclass(frozen=True)
class Band:
    """Several levels with one concern; `concern` is a question in plain words."""

    name: str
    title: str
    concern: str


@dataclass(frozen=True)
class Level:
    """One level: what it means that data have reached it, and what that takes.

    `origin` is "literature" where Lawrence gives the level its meaning, "ours" where we do.
    """

    name: str
    title: str
    meaning: str
    takes: str
    origin: Origin

    @property
    def band(self) -> str:
        """The band: "C", "B" or "A"."""
        return self.name[0]


@dataclass(frozen=True)
class Move:
    """A legal move of a grade: from one level to another, and what must be so for it."""

    before: str
    after: str
    when: str


BANDS: Mapping[str, Band] = MappingProxyType(
    {
        "C": Band("C", "accessibility", "can the data be had, and may they be used?"),
        "B": Band(
            "B", "faithfulness", "are the data what they say they are? No question is asked of them yet."
        ),
        "A": Band("A", "appropriateness", "are the data right for this question?"),
    }
)

LEVELS: tuple[Level, ...] = (
    Level(
        "C4", "hearsay", "somebody says that it is recorded; every data set starts here",
        "a place to look, declared as the source", "literature",
    ),
    Level(
        "C3", "located", "the rows were reached and somebody answers for them",
        "rows at the declared place, their time span, an owner", "ours",
    ),
    Level(
        "C2", "permitted", "the data may be used for this purpose",
        "license, purpose and personal data answered and not expired, with legal basis and ethics where there are any; a look for "
        "personal data in every column", "ours",
    ),
    Level(
        "C1", "loads", "all obstacles to access are gone: ready to be loaded",
        "parse failures below one in a thousand, no cells that a spreadsheet spoilt, no late delivery; two readings with the same "
        "content", "literature",
    ),
    Level(
        "B4", "loaded", "just loaded; nothing is known about validity",
        "a stored profile of every column; no column without any value", "literature",
    ),
    Level(
        "B3", "right thing recorded", "rows and columns mean what their declaration says",
        "unique keys, joins that resolve, descriptions and units, values that are possible", "ours",
    ),
    Level(
        "B2", "measured", "the values were measured, not filled in",
        "no stuck values, no default values in place of missing ones", "ours",
    ),
    Level(
        "B1", "understood", "validity is worked through and documented: ready to define a question",
        "missing values characterized (where, when, and together with what)", "literature",
    ),
    Level(
        "A4", "question posed", "a question is put to the data",
        "question, row and decision stated; a label that varies and is known after the prediction", "ours",
    ),
    Level(
        "A3", "appropriate", "the data can answer this question without looking into the future",
        "no column that knows the label, rows over the whole time span", "ours",
    ),
    Level(
        "A2", "learnable", "something can be learned from them that helps",
        "a model that beats the mean on the next period's data, with an interval", "ours",
    ),
    Level(
        "A1", "deployable", "ready for deployment",
        "every feature seen in the served log, monitors armed", "literature",
    ),
)  # fmt: skip

RANK: Mapping[str, int] = MappingProxyType({level.name: i for i, level in enumerate(LEVELS)})


LOWEST = LEVELS[0].name
HIGHEST = LEVELS[-1].name

MOVES: tuple[Move, ...] = (
    *(
        Move(below.name, level.name, f"every check of {level.name} and of all levels below it holds")
        for below, level in itertools.pairwise(LEVELS)
    ),
    *(
        Move(
            level.name,
            "any level below",
            "a check fails, becomes unknown, or its evidence expires: the level below that check's",
        )
        for level in reversed(LEVELS[1:])
    ),
)


def level(name: str) -> Level:
    """Return the level of that name.

    Raises UsageError for a name that is none.

    >>> level("B1").title
    'understood'
    """
    if name not in RANK:
        names = ", ".join(RANK)
        raise UsageError(f"{name!r} is no level.{suggest(name, RANK)} Levels, from the lowest: {names}.")
    return LEVELS[RANK[name]]


def at_least(reached: str, wanted: str) -> bool:
    """Return whether a level is as high as another.

    >>> at_least("B1", "C1"), at_least("C1", "B4")
    (True, False)
    """
    return RANK[level(reached).name] >= RANK[level(wanted).name]


def checks_of(name: str) -> tuple[Check, ...]:
    """Return the checks that guard a level, in the order in which they are made."""
    return tuple(c for c in CHECKS.values() if c.level == level(name).name)


def levels_markdown() -> str:
    """Return the levels, their checks and the legal moves as Markdown tables, for the documentation."""
    lines = ["| level | name | meaning | what it takes | source |", "|---|---|---|---|---|"]
    lines += [f"| {x.name} | {x.title} | {x.meaning} | {x.takes} | {x.origin} |" for x in LEVELS]
    for band in BANDS.values():
        lines += ["", f"Band {band.name}, {band.title}: {band.concern}", ""]
        lines += [
            "| level | check | answered by | looks at | when it does not hold |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {c.level} | `{c.id}` | {c.kind} | {c.checks} | {c.next} |"
            for x in LEVELS
            if x.band == band.name
            for c in checks_of(x.name)
        ]
    lines += ["", "| from | to | when |", "|---|---|---|"]
    lines += [f"| {m.before} | {m.after} | {m.when} |" for m in MOVES]
    return "\n".join(lines) + "\n"
