"""What a table holds of persons: each column by itself, then together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldguide.readiness.accessibility.privacy import column as one
from fieldguide.readiness.accessibility.privacy.cells import Cells
from fieldguide.readiness.accessibility.privacy.column import PERSONAL, Match
from fieldguide.readiness.accessibility.privacy.kinds import KINDS, OF_A_PERSON, wordlist
from fieldguide.readiness.accessibility.privacy.words import about_persons, kinds_named
from fieldguide.tables.names import words_of

NEAR_UNIQUE = 0.95
"""Share of distinct values among the rows from which on a column singles out rows."""
ENOUGH_ROWS = 20
SPREAD_OF_BIRTHS = 30
"""Years between the 5th and the 95th percentile of dates of birth, at least."""


@dataclass(frozen=True)
class Looked:
    """What was found in a table.

    `found` are the columns with personal data (5 % and more of their distinct values), `hints` what is below that or
    cannot be decided (column, and what it looks like), `quasi` the columns that describe persons without naming
    them, `texts` those with free text, `identifiers` those that single out rows. `persons` says that the table is about
    persons.
    """

    found: Mapping[str, Match] = field(default_factory=dict)
    hints: tuple[tuple[str, Match], ...] = ()
    quasi: Mapping[str, Match] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    persons: bool = False
    columns: int = 0
    more: Mapping[str, tuple[Match, ...]] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of personal data that were found, in the order of the columns."""
        every = [match.kind for match in self.found.values()]
        every += [match.kind for matches in self.more.values() for match in matches]
        return tuple(dict.fromkeys(every))

    @property
    def told(self) -> str:
        """Each kind in words with the columns that hold it: "e-mail addresses (Mail, Contact), passwords (Pass)"."""
        columns: dict[str, list[str]] = {}
        for name, match in self.found.items():
            for each in (match, *self.more.get(name, ())):
                columns.setdefault(KINDS[each.kind].words, []).append(name)
        return ", ".join(f"{words} ({_few(names)})" for words, names in columns.items())


def _few(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(names[: most + (len(names) == most + 1)])
    return shown if len(names) <= most + 1 else f"{shown} and {len(names) - most} more"


def look(columns: Sequence[Cells], beside: Mapping[str, Sequence[Match]] | None = None) -> Looked:
    """Return what the columns of a table hold of persons.

    `beside` are matches of another recognizer (Presidio), by column.
    """
    direct: dict[str, Match] = {}
    of_persons: dict[str, Match] = {}
    quasi: dict[str, Match] = {}
    hints: list[tuple[str, Match]] = []
    texts: list[str] = []
    more: dict[str, tuple[Match, ...]] = {}
    for column in columns:
        named = one.by_name(column)
        forms = [*one.by_form(column), *(beside or {}).get(column.name, ())]
        strong = [match for match in forms if match.share >= PERSONAL]
        hints += [(column.name, match) for match in forms if match.share < PERSONAL and named is None]
        if strong and (named is None or KINDS[named.kind].group != "direct" or strong[0].share > named.share):
            named = strong[0]
        if named is None and one.is_free_text(column):
            texts.append(column.name)
            inside = one.in_text(column)
            hints += [(column.name, match) for match in inside if match.share < PERSONAL]
            inside = [match for match in inside if match.share >= PERSONAL]
            if inside:
                named, more[column.name] = inside[0], tuple(inside[1:])
        if named is None:
            named = one.by_list(column, persons=False)
        if named is not None:
            where = {"direct": direct, "of_persons": of_persons, "quasi": quasi}[KINDS[named.kind].group]
            where[column.name] = named
    _expiry_of_cards(direct)
    of_persons |= _coordinates(columns)
    persons = _about_persons(columns, direct, of_persons, quasi)
    if persons:
        taken = {*direct, *of_persons, *quasi, *texts}
        direct |= of_persons | _of_persons([c for c in columns if c.name not in taken])
    else:
        hints += [
            (name, match) for name, match in of_persons.items() if match.kind in ("street", "coordinates")
        ]
    return Looked(
        found={c.name: direct[c.name] for c in columns if c.name in direct},
        hints=tuple((name, match) for name, match in hints if name not in direct),
        quasi=quasi,
        texts=tuple(texts),
        identifiers=tuple(c.name for c in columns if c.name not in {*direct, *texts} and _singles_out(c)),
        persons=persons,
        columns=len(columns),
        more=more,
    )


def _expiry_of_cards(direct: dict[str, Match]) -> None:
    """Leave out expiry dates where no card is beside them: milk expires too."""
    kinds = {match.kind for match in direct.values()}
    if not kinds & {"card", "card_code"}:
        for name in [name for name, match in direct.items() if match.kind == "card_expiry"]:
            del direct[name]


def _coordinates(columns: Sequence[Cells]) -> dict[str, Match]:
    lat = [c for c in columns if "latitude" in kinds_named(c.name) and one.is_coordinate(c, 90.0)]
    lon = [c for c in columns if "longitude" in kinds_named(c.name) and one.is_coordinate(c, 180.0)]
    found = {
        c.name: Match("coordinates", 1.0, "name", examples=c.texts[:3]) for c in (*lat, *lon) if lat and lon
    }
    pairs = [c for c in columns if c.type == "text" and one.is_coordinate_pair(c)]
    return found | {c.name: Match("coordinates", 1.0, "form", examples=c.texts[:3]) for c in pairs}


def _about_persons(
    columns: Sequence[Cells], direct: Mapping[str, Match], of_persons: Mapping[str, Match], quasi: Mapping[str, Match]
) -> bool:  # fmt: skip
    if any(KINDS[match.kind].marks and match.by != "text" for match in direct.values()):
        return True
    if len({match.kind for match in quasi.values()} & OF_A_PERSON) >= 3:
        return True
    numbered = any(about_persons(c.name) for c in columns)
    return numbered and bool({**direct, **of_persons} or {m.kind for m in quasi.values()} & OF_A_PERSON)


def _of_persons(columns: Sequence[Cells]) -> dict[str, Match]:
    """Return what further columns hold, knowing that the table is about persons."""
    found: dict[str, Match] = {}
    for c in columns:
        match = one.by_list(c, persons=True) or one.by_street(c) or _births(c)
        if match is not None:
            found[c.name] = match
    return found


_OTHER_DATES = wordlist(
    "hire hired start started end ended created updated modified joined signup registered registration order ordered visit admission "
    "discharge last first since until valid expires death died load event purchase subscription due paid sent opened closed"
)


def _births(column: Cells) -> Match | None:
    """Return whether dates are spread as dates of birth are: over the decades of lives, by days."""
    if (
        column.type not in ("text", "time")
        or len(column.texts) < ENOUGH_ROWS
        or _OTHER_DATES & {*words_of(column.name)}
    ):
        return None
    years = sorted(one.years_of(column))
    if not years or years[0] < 1890 or column.distinct < min(100, 0.5 * column.rows):
        return None
    early, middle, late = (years[int(q * (len(years) - 1))] for q in (0.05, 0.5, 0.95))
    if late - early < SPREAD_OF_BIRTHS or not 1930 <= middle <= 2015:
        return None
    return Match("birth_date", len(years) / len(column.texts), "dates", examples=column.texts[:3])


_NUMBERED = wordlist("id ids no nr number key code uuid guid ref reference serial token hash num")


def _singles_out(column: Cells) -> bool:
    if (
        column.rows < ENOUGH_ROWS
        or column.distinct < NEAR_UNIQUE * column.rows
        or column.type in ("float", "time")
    ):
        return False
    if column.numeric:
        words = words_of(column.name)
        return (
            bool(_NUMBERED & {*words})
            and "of" not in words
            and all("." not in text for text in column.texts[:50])
        )
    looked = column.texts[:100]
    return sum(len(text.split()) <= 2 for text in looked) >= 0.9 * len(looked) and not one.years_of(column)
