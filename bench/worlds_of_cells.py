"""Tables of many kinds with errors whose place and kind are known: what `cells.py` measures on. Nothing runs here.

Made after the dirty tables of the literature (beers, papers, movies, taxes, soccer, inspections, restaurants, bicycles,
airfoils, a factory, a census) and after what a team's own tables look like; the contents are our own. A world is made of
columns of text; `Spoiled` changes cells and notes of which kind each error is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from vocabulary import (
    CITIES,
    COUNTRIES,
    FIRST,
    LAST,
    STATES,
    STYLES,
    TOPICS,
    invented,
    mistyped,
    sentence,
    zipped,
)

Random = np.random.Generator
Rows = dict[str, list[str | None]]


@dataclass
class Spoiled:
    """A copy of a table with errors; `truth` has the kind of each by row and column."""

    rows: Rows
    r: Random
    truth: dict[tuple[int, str], str] = field(default_factory=dict)

    def at(self, share: float) -> list[int]:
        """Return a share of the rows (one and more: so many of them)."""
        n = len(next(iter(self.rows.values())))
        return sorted(
            self.r.choice(n, round(share * n) if share < 1 else round(share), replace=False).tolist()
        )

    def put(self, i: int, column: str, wrong: str | None, kind: str) -> None:
        """Put a wrong value into a cell that holds none yet."""
        if (i, column) not in self.truth and (self.rows[column][i] or "") != (wrong or ""):
            self.rows[column][i], self.truth[i, column] = wrong, kind

    def change(self, column: str, share: float, kind: str, how: Callable[[str], str | None]) -> None:
        """Change a share of the given cells of a column."""
        for i in self.at(share):
            value = self.rows[column][i]
            if value:
                self.put(i, column, how(value), kind)

    def typos(self, share: float, *columns: str) -> None:
        """Put typing errors into columns."""
        for column in columns:
            self.change(column, share, "typo", lambda v: mistyped(self.r, v))

    def others(self, share: float, *columns: str) -> None:
        """Put the values of other rows into columns that the rest of the row determines."""
        for column in columns:
            pool = [v for v in self.rows[column] if v]
            self.change(column, share, "another row's", lambda v, p=pool: p[int(self.r.integers(len(p)))])  # type: ignore[misc]

    def gone(self, share: float, *columns: str) -> None:
        """Empty cells of columns whose value other rows tell."""
        for column in columns:
            self.change(column, share, "gone", lambda _: None)

    def words(self, share: float, word: str, *columns: str) -> None:
        """Write a word for nothing into columns."""
        for column in columns:
            self.change(column, share, "word", lambda _: word)

    def swap(self, share: float, a: str, b: str) -> None:
        """Let two columns change places in some rows."""
        for i in self.at(share):
            x, y = self.rows[a][i], self.rows[b][i]
            if x and y:
                self.put(i, a, y, "swapped")
                self.put(i, b, x, "swapped")

    def scale(self, column: str, share: float, factor: float, kind: str = "scaled") -> None:
        """Multiply numbers of a column."""
        self.change(column, share, kind, lambda v: f"{float(v) * factor:.{len(v.partition('.')[2])}f}")


@dataclass(frozen=True)
class World:
    """A kind of table: rows, how a clean one is made, and what goes wrong in it (None: nothing)."""

    size: int
    clean: Callable[[Random, int], Rows]
    spoil: Callable[[Spoiled], None] | None = None


def days(r: Random, n: int, first: str = "2015-01-01", span: int = 2_500) -> list[str]:
    """Return days of some years."""
    return [str(np.datetime64(first) + int(d)) for d in r.integers(0, span, n)]


def american(day: str) -> str:
    """Return a day as 5/7/01."""
    return f"{int(day[5:7])}/{int(day[8:])}/{day[2:4]}"


def places(r: Random, n: int, many: int) -> list[tuple[str, str, str]]:
    """Return n zip codes with their city and state, of so many zip codes."""
    cities = [(c, STATES[i % 23]) for i, c in enumerate((*CITIES, *invented(r, 60)))]
    where = [cities[i] for i in zipped(r, many, len(cities), 0.6)]
    codes = [f"{z:05d}" for z in r.choice(98_000, many, replace=False) + 1_000]
    return [(codes[i], *where[i]) for i in zipped(r, n, many, 0.7)]


def beers(r: Random, n: int) -> Rows:
    """Beers with their breweries."""
    brewers, at = invented(r, 450, " Brewing Company", " Brewery", " Beer Works"), places(r, 450, 300)
    who = zipped(r, n, 450, 0.5)
    first = invented(r, 700)
    style = [STYLES[i] for i in zipped(r, n, len(STYLES), 0.8)]
    return {
        "id": [str(i + 1) for i in range(n)],
        "beer-name": [f"{first[a]} {s.split(' (')[0]}" if u < 0.6 else f"{first[a]} {first[b]}"
                      for a, b, u, s in zip(r.integers(0, 700, n), r.integers(0, 700, n), r.random(n), style, strict=True)],
        "style": list(style),
        "ounces": [str(x) for x in r.choice(["12.0", "16.0", "24.0", "8.4", "19.2", "32.0"], n, p=[.63, .3, .03, .02, .01, .01])],
        "abv": [None if u < 0.025 else f"{x:.3f}".rstrip("0") for x, u in zip(r.normal(0.06, 0.013, n).clip(0.01, 0.13), r.random(n), strict=True)],
        "ibu": [None if u < 0.4 else str(int(x)) for x, u in zip(r.gamma(3, 14, n) + 5, r.random(n), strict=True)],
        "brewery_id": [str(i) for i in who],
        "brewery-name": [brewers[i] for i in who],
        "city": [at[i][1] for i in who],
        "state": [at[i][2] for i in who],
    }  # fmt: skip


def spoil_beers(s: Spoiled) -> None:
    """Units behind most sizes, percent behind strengths, N/A for nothing, city and state in one field."""
    ways = (" oz", " ounce", " OZ.", " oz. Alumi-Tek")
    s.change("ounces", 0.9, "unit", lambda v: v + ways[int(s.r.choice(4, p=[0.5, 0.25, 0.2, 0.05]))])
    s.change("abv", 0.12, "unit", lambda v: v + "%")
    for i in range(len(s.rows["ibu"])):
        if s.rows["ibu"][i] is None:
            s.put(i, "ibu", "N/A", "word")
    for i in s.at(0.05):
        s.put(i, "city", f"{s.rows['city'][i]} {s.rows['state'][i]}", "merged")
        s.put(i, "state", None, "gone")


def papers(r: Random, n: int) -> Rows:
    """Papers in journals, as a library exports them."""
    journals = [
        f"{a} of {t}"
        for a, t in zip(
            r.choice(["Journal", "Annals", "Archives", "Bulletin", "Review"], 140),
            [f"{t} {x}" for t, x in zip(r.choice(TOPICS, 140), invented(r, 140), strict=True)],
            strict=True,
        )
    ]
    short = [" ".join(w[:4] + "." for w in j.split() if w != "of") for j in journals]
    issn = [
        f"{a:04d}-{b:03d}{c}"
        for a, b, c in zip(
            r.integers(3, 2_400, 140), r.integers(0, 1_000, 140), r.choice([*"0123456789X"], 140), strict=True
        )
    ]
    which, page = zipped(r, n, 140, 0.8), r.integers(1, 2_000, n)
    return {
        "id": [str(1_000 + i) for i in range(n)],
        "article_title": [sentence(r, 5, 15).capitalize() for _ in range(n)],
        "article_language": [None if u < 0.08 else str(x) for x, u in zip(r.choice(["eng", "chi", "fre", "ger", "spa", "pol"], n, p=[.84, .05, .04, .03, .02, .02]), r.random(n), strict=True)],
        "journal_title": [journals[i] for i in which],
        "journal_abbreviation": [short[i] for i in which],
        "journal_issn": [issn[i] for i in which],
        "article_volume": [None if u < 0.06 else str(x) for x, u in zip(r.gamma(2, 20, n).astype(int) + 1, r.random(n), strict=True)],
        "article_issue": [None if u < 0.12 else str(x) for x, u in zip(r.integers(1, 13, n), r.random(n), strict=True)],
        "article_created_at": [american(d) for d in days(r, n, "1998-01-01", 6_000)],
        "article_pagination": [f"{p}-{(p + k) % (10 if k < 10 else 100)}" for p, k in zip(page, r.integers(2, 20, n), strict=True)],
        "author_list": ["{" + ",".join(f'"{FIRST[a][0]}. {LAST[b]}"' for a, b in zip(r.integers(0, len(FIRST), k), r.integers(0, len(LAST), k), strict=True)) + "}" for k in r.integers(1, 6, n)],
    }  # fmt: skip


def spoil_papers(s: Spoiled) -> None:
    """Days in another form, pages and numbers that a spreadsheet took for days, -1 for nothing, journals misnamed."""
    s.change(
        "article_created_at",
        0.12,
        "date",
        lambda v: f"20{v[-2:]}-{int(v.split('/')[0]):02d}-{int(v.split('/')[1]):02d}",
    )
    s.change(
        "article_pagination",
        0.04,
        "spreadsheet",
        lambda v: f"{('Jan', 'Mar', 'Aug', 'Oct')[int(s.r.integers(4))]}-{v[-2:].strip('-')}",
    )
    s.change(
        "journal_issn",
        0.03,
        "spreadsheet",
        lambda v: f"{('Mar', 'May', 'Dec')[int(s.r.integers(3))]}-{v[2:4]}",
    )
    for column in ("article_volume", "article_issue"):
        for i in range(len(s.rows[column])):
            if s.rows[column][i] is None:
                s.put(i, column, "-1", "sentinel")
    s.typos(0.03, "journal_title", "journal_abbreviation", "article_language")
    s.gone(0.04, "journal_abbreviation", "journal_issn")
    s.swap(0.01, "journal_title", "journal_abbreviation")


def movies(r: Random, n: int) -> Rows:
    """Movies, as they are scraped."""
    first, people = (
        invented(r, 1_500),
        [
            f"{FIRST[a]} {LAST[b]}"
            for a, b in zip(r.integers(0, len(FIRST), 1_200), r.integers(0, len(LAST), 1_200), strict=True)
        ],
    )
    genres = [
        "Drama",
        "Comedy",
        "Action",
        "Thriller",
        "Romance",
        "Horror",
        "Crime",
        "Adventure",
        "Sci-Fi",
        "Family",
    ]
    lands = ["USA", "UK", "France", "Germany", "Canada", "India", "Japan", "Italy", "Spain", "Australia"]
    tongues = [
        "English",
        "English",
        "French",
        "German",
        "English",
        "Hindi",
        "Japanese",
        "Italian",
        "Spanish",
        "English",
    ]
    land, day = zipped(r, n, 10, 1.5), days(r, n, "1980-01-01", 13_000)
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    return {
        "id": [f"tt{x:07d}" for x in r.choice(9_000_000, n, replace=False)],
        "name": [f"The {first[a]}" if u < 0.3 else f"{first[a]} {first[b]}" if u < 0.7 else f"{first[a]}'s {first[b]}" for a, b, u in zip(r.integers(0, 1_500, n), r.integers(0, 1_500, n), r.random(n), strict=True)],
        "year": [d[:4] for d in day],
        "release_date": [f"{int(d[8:])} {months[int(d[5:7]) - 1]} {d[:4]} ({lands[i]})" for d, i in zip(day, land, strict=True)],
        "director": [people[i] for i in zipped(r, n, 1_200, 0.4)],
        "actors": [",".join(people[i] for i in r.integers(0, 1_200, 3)) for _ in range(n)],
        "language": [tongues[i] for i in land],
        "country": [lands[i] for i in land],
        "duration": [None if u < 0.05 else f"{int(x)} min" for x, u in zip(r.normal(104, 18, n).clip(60, 240), r.random(n), strict=True)],
        "rating_value": [f"{x:.1f}" for x in r.normal(6.3, 1.1, n).clip(1, 9.5)],
        "rating_count": [f"{int(x):,}" for x in r.lognormal(8.5, 2, n) + 5],
        "genre": [",".join(sorted(set(r.choice(genres, int(k)).tolist()))) for k in r.integers(1, 4, n)],
        "description": [sentence(r, 8, 25).capitalize() + "." for _ in range(n)],
    }  # fmt: skip


def spoil_movies(s: Spoiled) -> None:
    """Durations in hours, counts without commas, countries spelled out, days in other forms, ratings out of a hundred."""
    s.change(
        "duration", 0.06, "unit", lambda v: f"{int(v.split()[0]) // 60} hr. {int(v.split()[0]) % 60} min."
    )
    s.change("rating_count", 0.05, "form", lambda v: v.replace(",", ""))
    s.change(
        "country", 0.03, "form", lambda v: {"USA": "United States", "UK": "United Kingdom"}.get(v, v.upper())
    )
    s.change("release_date", 0.04, "date", lambda v: " ".join(v.split()[:3]))
    s.change("rating_value", 0.01, "scaled", lambda v: f"{float(v) * 10:.0f}")
    s.typos(0.02, "director", "language")
    s.words(0.03, "N/A", "duration")
    s.change("year", 0.01, "another row's", lambda v: str(int(v) - int(s.r.integers(2, 15))))


def taxes(r: Random, n: int) -> Rows:
    """Tax records: places that determine each other, and rates by state."""
    at, states = places(r, n, 900), sorted(set(STATES[:23]))
    area = {s: [str(x) for x in r.choice(799, 4, replace=False) + 201] for s in states}
    rate, exempt = (
        {s: f"{x:.1f}" for s, x in zip(states, r.uniform(2, 8, 23), strict=True)},
        {s: str(int(x) * 50) for s, x in zip(states, r.integers(0, 60, 23), strict=True)},
    )
    married = r.random(n) < 0.55
    male = r.random(n) < 0.5
    return {
        "f_name": [FIRST[2 * i + (0 if m else 1)] if 2 * i + 1 < len(FIRST) else FIRST[0] for i, m in zip(zipped(r, n, len(FIRST) // 2, 0.3), male, strict=True)],
        "l_name": [LAST[i] for i in zipped(r, n, len(LAST), 0.3)],
        "gender": ["M" if m else "F" for m in male],
        "area_code": [area[s][int(k)] for (_, _, s), k in zip(at, r.integers(0, 4, n), strict=True)],
        "phone": [f"{a:03d}-{b:04d}" for a, b in zip(r.integers(100, 1_000, n), r.integers(0, 10_000, n), strict=True)],
        "city": [c.upper() for _, c, _ in at],
        "state": [s for _, _, s in at],
        "zip": [z for z, _, _ in at],
        "marital_status": ["M" if m else "S" for m in married],
        "has_child": ["Y" if u < 0.5 else "N" for u in r.random(n)],
        "salary": [str(int(x) * 500) for x in r.uniform(10, 200, n)],
        "rate": [rate[s] for _, _, s in at],
        "single_exemp": ["0" if m else exempt[s] for m, (_, _, s) in zip(married, at, strict=True)],
    }  # fmt: skip


def spoil_taxes(s: Spoiled) -> None:
    """Typing errors, marks behind names, zip codes without their zeros, other rows' places, rates with two digits too many."""
    s.change("city", 0.01, "form", lambda v: v + "-*")
    s.change("l_name", 0.003, "form", lambda v: v[0] + "''" + v[1:])
    s.typos(0.005, "city", "state", "f_name")
    s.change("zip", 0.5, "leading zero", lambda v: v.lstrip("0"))
    s.others(0.01, "city", "state", "rate")
    s.gone(0.005, "city", "area_code")
    s.change("gender", 0.004, "form", lambda v: {"M": "male", "F": "female"}[v])


def soccer(r: Random, n: int) -> Rows:
    """Players by team and season: a team has its city and stadium, a team in a season its manager."""
    teams = [
        f"{c} {x}"
        for c, x in zip(CITIES, r.choice(["FC", "United", "City", "Rovers", "SC"], len(CITIES)), strict=True)
    ]
    stadium, manager = (
        invented(r, len(teams), " Park", " Arena", " Stadium"),
        [
            f"{FIRST[a]} {LAST[b]}"
            for a, b in zip(r.integers(0, len(FIRST), 400), r.integers(0, len(LAST), 400), strict=True)
        ],
    )
    which, season = zipped(r, n, len(teams), 0.3), r.integers(2009, 2016, n)
    return {
        "name": [FIRST[i] for i in zipped(r, n, len(FIRST), 0.5)],
        "surname": [LAST[i] for i in zipped(r, n, len(LAST), 0.4)],
        "birthyear": [str(x) for x in r.integers(1975, 1998, n)],
        "birthplace": [COUNTRIES[i] for i in zipped(r, n, len(COUNTRIES), 0.9)],
        "position": [str(x) for x in r.choice(["Goalkeeper", "Defender", "Midfielder", "Forward"], n, p=[0.1, 0.3, 0.35, 0.25])],
        "team": [teams[i] for i in which],
        "city": [CITIES[i] for i in which],
        "stadium": [stadium[i] for i in which],
        "season": [str(x) for x in season],
        "manager": [manager[(i * 7 + int(y)) % 400] for i, y in zip(which, season, strict=True)],
    }  # fmt: skip


def spoil_soccer(s: Spoiled) -> None:
    """Typing errors everywhere and other rows' values."""
    s.typos(0.01, "team", "city", "stadium", "manager", "position")
    s.others(0.01, "city", "stadium", "manager")
    s.swap(0.005, "team", "stadium")


def inspections(r: Random, n: int) -> Rows:
    """Inspections of kitchens in one city; a license is of one kitchen at one address."""
    many = n // 4
    name = [
        f"{a}{b}"
        for a, b in zip(
            invented(r, many),
            r.choice([" GRILL", " CAFE", " PIZZA", " DELI", " FOODS INC", ""], many),
            strict=True,
        )
    ]
    street = [
        f"{a} {d} {x.upper()} {k}"
        for a, d, x, k in zip(
            r.integers(1, 9_900, many),
            r.choice(["N", "S", "W", "E"], many),
            r.choice(invented(r, 120), many),
            r.choice(["ST", "AVE", "BLVD", "RD"], many),
            strict=True,
        )
    ]
    code, kind = (
        [f"606{x:02d}" for x in r.integers(1, 60, many)],
        [
            str(x)
            for x in r.choice(
                ["Restaurant", "Grocery Store", "School", "Bakery", "Children's Services Facility", "Liquor"],
                many,
                p=[0.6, 0.15, 0.1, 0.06, 0.05, 0.04],
            )
        ],
    )
    risk = {
        "Restaurant": "Risk 1 (High)",
        "School": "Risk 1 (High)",
        "Children's Services Facility": "Risk 1 (High)",
        "Grocery Store": "Risk 2 (Medium)",
        "Bakery": "Risk 2 (Medium)",
        "Liquor": "Risk 3 (Low)",
    }
    north, west, who = r.uniform(41.65, 42.02, many), r.uniform(-87.9, -87.5, many), zipped(r, n, many, 0.4)
    return {
        "inspection_id": [str(2_000_000 + 7 * i) for i in range(n)],
        "dba_name": [name[i].upper() for i in who],
        "aka_name": [name[i].title() for i in who],
        "license": [str(1_000_000 + 13 * i) for i in who],
        "facility_type": [kind[i] for i in who],
        "risk": [risk[kind[i]] for i in who],
        "address": [street[i] for i in who],
        "city": ["CHICAGO"] * n,
        "state": ["IL"] * n,
        "zip": [code[i] for i in who],
        "inspection_date": days(r, n),
        "results": [str(x) for x in r.choice(["Pass", "Fail", "Pass w/ Conditions", "No Entry"], n, p=[0.6, 0.2, 0.15, 0.05])],
        "violations": [None if u < 0.2 else sentence(r, 6, 30).upper() for u in r.random(n)],
        "latitude": [f"{north[i]:.6f}" for i in who],
        "longitude": [f"{west[i]:.6f}" for i in who],
    }  # fmt: skip


def spoil_inspections(s: Spoiled) -> None:
    """The city misspelled in a few ways, fields emptied, kinds and risks of others, streets cut off."""
    ways = ("CCHICAGO", "Chicago", "CHICAGOI", "CHICAGO.", "chicago", "CHCHICAGO", "CHICAGOCHICAGO")
    s.change("city", 0.012, "typo", lambda _: ways[int(s.r.integers(7))])
    s.gone(0.01, "state", "zip", "facility_type")
    s.typos(0.008, "address", "dba_name")
    s.others(0.008, "zip", "facility_type", "risk")
    s.change("address", 0.006, "cut off", lambda v: v[: len(v) // 2])
    s.change("license", 0.004, "sentinel", lambda _: "0")
