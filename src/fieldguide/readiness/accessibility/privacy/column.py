"""What one column holds: by the form of its values, by its name, by lists of names, in its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fieldguide.readiness.accessibility.privacy.cells import Cells
from fieldguide.readiness.accessibility.privacy.kinds import KINDS
from fieldguide.readiness.accessibility.privacy.patterns import FORMS, IN_TEXT, kinds_inside
from fieldguide.readiness.accessibility.privacy.people import share_of_names
from fieldguide.readiness.accessibility.privacy.recognizer import Hits, beyond_chance, recognize
from fieldguide.readiness.accessibility.privacy.shapes import SHAPES, is_street_address
from fieldguide.readiness.accessibility.privacy.words import kinds_named, may_name_persons, of_something_else

By = Literal["form", "name", "list", "dates", "text", "presidio"]

PERSONAL = 0.05
"""Share of the distinct values of a column from which on it counts as personal (FACTS 8)."""
BELIEVED = 0.5
"""Share of the distinct values that must have the form of what the column's name says."""
FIRST_LOOK = 200
"""Distinct values that are looked at first; only what shows up among them is looked for in all."""
MOST_TEXTS = 500
"""Longer texts that are searched."""
SHORTEST = 7
"""Letters and digits below which nothing is recognized by its form alone."""
ALONE = 0.75
"""Share of single words that must be names in a table of persons: of the names of US counties six in ten are."""
FEW_NAMES = 10
"""Distinct values below which a list of names decides nothing by itself."""


@dataclass(frozen=True)
class Match:
    """What a column looks like: kind of personal data, share of its distinct values (0 … 1), and how that is known.

    `what` says it more closely ("Swedish personal numbers"); `examples` are values of the column, for masking.
    """

    kind: str
    share: float
    by: By
    what: str = ""
    examples: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What the values are, in words."""
        return self.what or KINDS[self.kind].words


def by_form(column: Cells) -> list[Match]:
    """Return what a column's values are by their form, the largest share first: also shares below 5 %."""
    long = [text for text in column.texts if SHORTEST <= len(text) <= 100]
    if not long or column.type in ("time", "boolean"):
        return []
    spoken = kinds_named(column.name)
    matches: dict[str, Match] = {}
    for form in FORMS:
        if form.named and form.kind not in spoken:
            continue
        hits = recognize(form, long[:FIRST_LOOK])
        if not hits.held:
            continue
        if len(long) > FIRST_LOOK:
            hits = recognize(form, long)
        if beyond_chance(hits) and (
            form.kind not in matches or _share(hits, column) > matches[form.kind].share
        ):
            matches[form.kind] = Match(form.kind, _share(hits, column), "form", form.what, hits.held[:3])
    return sorted(matches.values(), key=lambda m: -m.share)


def by_name(column: Cells) -> Match | None:
    """Return what a column is by its name, when its values have the form of it."""
    if not column.texts or column.type == "boolean":
        return None
    for kind in kinds_named(column.name):
        shape = SHAPES.get(kind)
        if shape is None:
            continue
        looked = column.texts[:FIRST_LOOK]
        held = [text for text in looked if shape(text)]
        share = len(held) / len(looked)
        if kind == "birth_date" and share < BELIEVED and _mostly(looked, "birth_year"):
            return Match("birth_year", 1.0, "name")
        if share < BELIEVED or (kind in _MANY and not _varied(column)):
            continue
        return Match(kind, share, "name", examples=tuple(held[:3]))
    return None


_MANY = frozenset(("username", "password", "secret", "document", "vehicle", "health_id"))
"""Kinds that differ from person to person; a column of few values that is called so is something else."""


def by_list(column: Cells, *, persons: bool) -> Match | None:
    """Return whether the values are names of persons by the lists of names, where the column's name allows it.

    Without help of the column's name a given name must stand with a surname: single words (counties, streets,
    brands) are surnames too often. In a table of persons a column of given names is taken for what it is.
    """
    if column.type != "text" or not column.texts or column.numeric:
        return None
    elsewhere = of_something_else(column.name) or bool(kinds_named(column.name))
    open_ = may_name_persons(column.name) and not elsewhere
    share = share_of_names(column.texts[:MOST_TEXTS])
    few, single = len(column.texts) < FEW_NAMES, max(share.given, share.family)
    if open_:
        known = share.full >= 0.2 or (single >= 0.35 and not few)
    elif few:
        known = False
    else:
        alone = persons and not elsewhere and len(column.texts) >= 2 * FEW_NAMES and single >= ALONE
        known = share.full >= (0.8 if elsewhere else 0.35) or alone
    return Match("name", max(share.full, single), "list", examples=column.texts[:3]) if known else None


def by_street(column: Cells) -> Match | None:
    """Return whether values are written as streets with numbers."""
    if column.type != "text" or len(column.texts) < FEW_NAMES or column.numeric:
        return None
    held = [text for text in column.texts[:FIRST_LOOK] if is_street_address(text)]
    share = len(held) / len(column.texts[:FIRST_LOOK])
    return Match("street", share, "form", examples=tuple(held[:3])) if share >= BELIEVED else None


def is_free_text(column: Cells) -> bool:
    """Return whether a column holds sentences (four words and more, most of them different) or records (JSON)."""
    looked = column.texts[:FIRST_LOOK]
    if column.type != "text" or not looked:
        return False
    if sum(text[0] in "{[" and len(text) > 10 for text in looked) >= BELIEVED * len(looked):
        return True
    if len(looked) < 5:
        return False
    words = sorted(len(text.split()) for text in looked)
    return words[len(words) // 2] >= 4 and words[-1 - len(words) // 10] >= 6


def in_text(column: Cells) -> list[Match]:
    """Return what the longer texts of a column hold inside, with the share of the distinct texts that do."""
    looked = [text for text in column.texts[:MOST_TEXTS] if len(text) <= 20_000]
    held: dict[str, int] = {}
    for text in looked:
        for kind in kinds_inside(text):
            held[kind] = held.get(kind, 0) + 1
    matches = [Match(kind, n / len(looked), "text") for kind, n in held.items()]
    return sorted(matches, key=lambda m: -m.share)


_DECIMALS = re.compile(r"-?\d{1,3}[.,](\d{3,})")
_PAIR = re.compile(r"\(?\s*(-?\d{1,2}\.\d{3,})\s*[,; ]\s*(-?\d{1,3}\.\d{3,})\s*\)?")


def is_coordinate(column: Cells, farthest: float) -> bool:
    """Return whether the values are degrees up to `farthest`, given to a hundred meters and closer."""
    looked = column.texts[:FIRST_LOOK]
    if len(looked) < 2:
        return False
    numbers = [
        float(text.replace(",", ".")) for text in looked if re.fullmatch(r"-?\d{1,3}(?:[.,]\d+)?", text)
    ]
    precise = sum(_DECIMALS.fullmatch(text) is not None for text in looked)
    inside = sum(abs(x) <= farthest for x in numbers)
    return inside >= 0.95 * len(looked) and precise >= BELIEVED * len(looked)


def is_coordinate_pair(column: Cells) -> bool:
    """Return whether the values are pairs of latitude and longitude, to a hundred meters and closer."""
    looked = column.texts[:FIRST_LOOK]
    pairs = [match for text in looked if (match := _PAIR.fullmatch(text))]
    inside = sum(abs(float(m[1])) <= 90 and abs(float(m[2])) <= 180 for m in pairs)
    return len(looked) >= 2 and inside >= 0.8 * len(looked)


def years_of(column: Cells) -> list[int]:
    """Return the years of the dates in a column, where nearly all values are days with a year of four digits."""
    years = []
    for text in column.texts:
        match = re.search(r"(?<!\d)((?:18|19|20)\d\d)(?!\d)", text)
        if match and SHAPES["birth_date"](text) and not re.search(r"[T ](?!00:00)\d{1,2}:\d\d", text):
            years.append(int(match[1]))
    return years if len(years) >= 0.9 * len(column.texts) else []


LOOKED_FOR = tuple(dict.fromkeys(form.kind for form in FORMS))
IN_TEXTS = tuple(dict.fromkeys(kind for kind, _, _ in IN_TEXT))


def _share(hits: Hits, column: Cells) -> float:
    return len(hits.held) / len(column.texts)


def _mostly(texts: Sequence[str], kind: str) -> bool:
    return sum(map(SHAPES[kind], texts)) >= BELIEVED * len(texts)


def _varied(column: Cells) -> bool:
    return column.distinct >= 10 or column.distinct >= 0.3 * column.rows
