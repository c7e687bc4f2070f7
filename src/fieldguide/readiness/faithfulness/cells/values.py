"""What a column's distinct texts say of single values: letters and shapes that hardly occur, words for nothing.

All is counted on distinct values with their rows, never row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Floats, Ints
from fieldguide.readiness.faithfulness.cells.formats import numbered, shapes
from fieldguide.readiness.faithfulness.cells.variants import MOST_LOOKED_UP, Spellings, spellings, tokens

MOST_VALUES = 20_000
"""Distinct values of a column on which letters and pairs of letters are counted, the commonest first."""
MEASURED = 0.9
"""Share of numbers in a column from which their length says nothing, where at least a tenth of them has decimals."""
FAR_FROM_HOME = 1.5
"""A value that stands so much more often (as a log) in another column has perhaps come from there."""
MOST_LETTERS = 60
"""Letters of a value that are looked at for pairs that no other value has."""

VARIANT = (
    "far", "form only", "case only", "rows", "rows of the near one", "contrast", "near by chance", "rare and near",
    "excess", "length", "digits", "new pairs", "new pairs usual", "effective", "singles", "distinct", "number",
    "company",
)  # fmt: skip
"""What is said of a rare value that is near a frequent one."""
TOKEN = (
    "far", "rows", "rows of the near one", "contrast", "near by chance", "rare and near", "excess", "length",
    "words", "words in all", "singles", "distinct", "company",
)  # fmt: skip
"""What is said of a value with a rare word that is near a frequent one."""
SHAPE = (
    "rows", "singles", "effective", "distinct", "length", "loose share", "exact share", "top loose", "top exact",
    "loose shapes", "exact shapes", "numbers", "is number", "letters among numbers", "other length", "edges",
    "rarest sign", "new pairs", "new pairs usual", "elsewhere", "elsewhere share", "text", "core is known",
    "exact if code", "company",
)  # fmt: skip
"""What is said of a value whose shape, letters or place are odd."""
WORD = (
    "numbers", "rows of words", "table empty", "column empty", "words", "same word elsewhere", "distinct", "text alone",
)  # fmt: skip
"""What is said of a word for a missing value."""


@dataclass(frozen=True, eq=False)
class Told:
    """What a witness says of values of a column: their codes, features (values x names), another code or -1, and why."""

    codes: Ints
    features: Floats
    instead: Ints
    why: Callable[[int], str]


@dataclass(frozen=True, eq=False)
class Frame:
    """What is known of the whole table beside a column: rows with nothing at all, texts of other columns, words."""

    empty: float
    texts: dict[str, list[tuple[int, int]]]
    words: dict[str, int]
    rows: int


def frame(columns: Sequence[Column]) -> Frame:
    """Return what the values of all columns say together."""
    texts: dict[str, list[tuple[int, int]]] = {}
    words: dict[str, int] = {}
    empty = float(np.mean([(c.codes < 0).mean() for c in columns])) if columns else 0.0
    for number, column in enumerate(columns):
        for code in np.flatnonzero(column.absent & (column.counts > 0)).tolist():
            word = column.values[code].strip().lower()
            words[word] = words.get(word, 0) + 1
        if column.share(column.numeric) < 0.5:
            for code in _commonest(column):
                if column.counts[code] > 2:
                    texts.setdefault(column.values[code], []).append((number, int(column.counts[code])))
    rows = len(columns[0].codes) if columns else 0
    return Frame(empty, texts, words, rows)


@dataclass(frozen=True, eq=False)
class Profile:
    """Numbers about a column that its witnesses share."""

    total: int
    effective: float
    distinct: int
    singles: float
    numbers: float
    new_pairs: Floats
    new_pairs_usual: float
    rarest_sign: Floats
    company: Floats
    lookups: int


def profile(column: Column, company: Floats, lookups: int = MOST_LOOKED_UP) -> Profile:
    """Return how a column's rows spread over its values, and which values have letters that no other has.

    `lookups` is how many rare values may be looked up among the frequent ones.
    `company` is how far each value goes with the same others (see `dependencies.Found`).
    """
    plain = (column.counts > 0) & ~column.absent
    total = max(1, int(column.counts[plain].sum()))
    p = column.counts[plain] / total
    effective = float(np.exp(-(p * np.log(p)).sum())) if len(p) else 1.0
    singles = float((column.counts[plain] == 1).sum() / total)
    pairs, usual, rarest = _letters(column, total)
    return Profile(
        total,
        effective,
        int(plain.sum()),
        singles,
        column.share(column.numeric),
        pairs,
        usual,
        rarest,
        company,
        lookups,
    )


def told_by_spelling(column: Column, own: Profile) -> Told:
    """Return the rare values that are nearly a frequent one."""
    found = spellings(column, own.lookups)
    if not found.variants:
        return _nothing(VARIANT)
    codes, near, told = _variants(column.values, column.counts, found)
    texts, others = [column.values[i] for i in codes], [column.values[i] for i in near]
    one = np.ones(len(codes))
    told |= {
        "form only": (told["far"] == 0).astype(float),
        "case only": np.array(
            [float(a.casefold() == b.casefold()) for a, b in zip(texts, others, strict=True)]
        ),
        "digits": np.array([float(any(c.isdigit() for c in t)) for t in texts]),
        "new pairs": own.new_pairs[codes],
        "new pairs usual": one * own.new_pairs_usual,
        "effective": one * np.log(own.effective),
        "singles": one * own.singles,
        "distinct": one * np.log(own.distinct),
        "number": column.numeric[codes].astype(float),
        "company": own.company[codes],
    }

    def why(i: int) -> str:
        how = "another writing of" if told["far"][i] == 0 else "rare, and nearly"
        return f"{how} {others[i]!r} ({_rows(int(column.counts[near[i]]))})"

    return Told(codes, np.column_stack([told[name] for name in VARIANT]).astype(float), near, why)


def told_by_tokens(column: Column, own: Profile) -> Told:
    """Return the values with a rare word that is nearly a frequent word of the column."""
    if own.numbers > 0.5:
        return _nothing(TOKEN)
    words = tokens(column, MOST_VALUES)
    if words is None:
        return _nothing(TOKEN)
    found = spellings(words.column, own.lookups)
    if not found.variants:
        return _nothing(TOKEN)
    odd, near, told = _variants(words.column.values, words.column.counts, found)
    place = {code: i for i, code in enumerate(odd.tolist())}
    chosen = [(code, min((place[w] for w in held if w in place), default=-1, key=lambda i: -told["contrast"][i]))
              for code, held in words.of.items()]  # fmt: skip
    chosen = sorted((code, at) for code, at in chosen if at >= 0)
    codes = np.array([code for code, _ in chosen], dtype=np.int64)
    at = np.array([i for _, i in chosen], dtype=np.int64)
    one = np.ones(len(codes))
    told = {name: values[at] for name, values in told.items()} | {
        "words": np.log([len(words.of[code]) for code in codes.tolist()]),
        "words in all": one * np.log(len(words.column.values)),
        "singles": one * float((words.column.counts == 1).sum() / max(1, words.column.counts.sum())),
        "distinct": one * np.log(own.distinct + 1),
        "company": own.company[codes],
    }

    def why(i: int) -> str:
        word, other = words.column.values[odd[at[i]]], int(near[at[i]])
        return f"the word {word!r} is rare, and nearly {words.column.values[other]!r} ({_rows(int(words.column.counts[other]))})"

    none = np.full(len(codes), -1, dtype=np.int64)
    return Told(codes, np.column_stack([told[name] for name in TOKEN]).astype(float), none, why)


def _variants(values: Sequence[str], counts: Ints, found: Spellings) -> tuple[Ints, Ints, dict[str, Floats]]:
    codes = np.array([v.code for v in found.variants], dtype=np.int64)
    near = np.array([v.near for v in found.variants], dtype=np.int64)
    far = np.array([v.far for v in found.variants], dtype=float)
    length = np.array([len(values[i]) for i in codes.tolist()], dtype=float)
    share = len(found.variants) / max(1, found.rare)
    one = np.ones(len(codes))
    return codes, near, {
        "far": far / np.maximum(length, 2),
        "rows": np.log(counts[codes]),
        "rows of the near one": np.log(counts[near]),
        "contrast": np.log(counts[near] / counts[codes]),
        "near by chance": one * found.near,
        "rare and near": one * share,
        "excess": one * np.log((share + 0.01) / (found.near + 0.03)),
        "length": np.log(length),
    }  # fmt: skip


def _nothing(names: tuple[str, ...]) -> Told:
    return Told(np.zeros(0, np.int64), np.zeros((0, len(names))), np.zeros(0, np.int64), str)


def told_by_shape(column: Column, number: int, own: Profile, all_of: Frame) -> Told:
    """Return the values whose shape, letters or place deviate from the rest of their column."""
    form = shapes(column)
    counts, numbers = column.counts, own.numbers
    loose, exact = form.loose_share[form.loose], form.exact_share[form.exact]
    top_loose, top_exact = (np.sort(s)[::-1] for s in (form.loose_share, form.exact_share))
    edges = np.array([t != t.strip() or "  " in t for t in column.values], dtype=bool)
    away, share = _elsewhere(column, number, all_of) if numbers < 0.5 else (np.full(len(counts), -3.0),) * 2
    few = (loose < 0.5) & (top_loose[:3].sum() > 0.8) & (loose < top_loose[:1].sum())
    coded = (exact < 0.05) & (top_exact[:2].sum() > 0.9)
    odd = (numbers > 0.5) & ~column.numeric
    closed = (counts <= 2) & (own.singles < 0.05) & (numbers < 0.9)
    if numbers > MEASURED and column.share(column.fractional) > 1 - MEASURED:
        # of numbers with decimals, those that happen to need fewer are written shorter
        few, coded, closed = (which & ~column.numeric for which in (few, coded, closed))
    longer = numbered(column)
    few, coded, closed = (which & ~longer for which in (few, coded, closed))
    chosen = (counts > 0) & ~column.absent & (few | coded | odd | edges | closed | (away > FAR_FROM_HOME))
    codes = np.flatnonzero(chosen)
    one = np.ones(len(codes))
    usual_length = int(np.bincount(column.length, weights=counts).argmax()) if len(counts) else 0
    fixed = float(counts[column.length == usual_length].sum() / max(1, counts.sum()))
    known = (
        {column.values[i].strip() for i in np.flatnonzero(column.numeric & (counts > 0)).tolist()}
        if odd.any()
        else set()
    )
    features = np.column_stack(
        [
            np.log(counts[codes]), one * own.singles, one * np.log(own.effective), one * np.log(own.distinct + 1),
            np.log(column.length[codes] + 1), np.log(loose[codes] + 0.5 / own.total), np.log(exact[codes] + 0.5 / own.total),
            one * top_loose[:1].sum(), one * top_exact[:1].sum(), one * _entropy(form.loose_share), one * _entropy(form.exact_share),
            one * numbers, column.numeric[codes], numbers * ~column.numeric[codes],
            fixed * (column.length[codes] != usual_length), edges[codes], own.rarest_sign[codes],
            own.new_pairs[codes], one * own.new_pairs_usual, away[codes], share[codes], one * (numbers < 0.5),
            [_core(column.values[i]) in known for i in codes.tolist()],
            top_exact[:1].sum() ** 4 * np.log(exact[codes] + 0.5 / own.total), own.company[codes],
        ]
    ).reshape(len(codes), len(SHAPE))  # fmt: skip

    def why(i: int) -> str:
        code = int(codes[i])
        if numbers > 0.5 and not column.numeric[code]:
            return f"no number, as {numbers:.0%} of the values are"
        if edges[code]:
            return "spaces before, behind, or two within"
        if away[code] > FAR_FROM_HOME:
            return f"elsewhere in the table it stands in another column, on {share[code]:.1%} of the rows"
        usual = form.exact_names[int(form.exact_share.argmax())]
        if exact[code] < 0.05 and top_exact[0] > 0.5:
            return f"{top_exact[0]:.0%} of the values look like {usual!r}, {exact[code]:.1%} like this one"
        usual = form.loose_names[int(form.loose_share.argmax())]
        return f"{top_loose[0]:.0%} of the values are made like {usual!r}, {loose[code]:.1%} like this one"

    return Told(codes, features.astype(float), np.full(len(codes), -1, dtype=np.int64), why)


def told_by_words(column: Column, own: Profile, all_of: Frame) -> Told:
    """Return the words for a missing value, with how the rest of the table writes it."""
    codes = np.flatnonzero(column.absent & (column.counts > 0))
    rows = max(1, all_of.rows)
    one = np.ones(len(codes))
    words = [column.values[i].strip().lower() for i in codes.tolist()]
    written = int(column.counts[codes].sum())
    features = np.column_stack(
        [
            one * own.numbers, np.log(column.counts[codes] / rows), one * np.log(all_of.empty + 1e-4),
            one * bool((column.codes < 0).any()), one * len(codes),
            [np.log(max(1, all_of.words[w])) for w in words], one * np.log(own.distinct + 1),
            one * (own.numbers < 0.5) * np.log(written / rows + 1e-4),
        ]
    ).reshape(len(codes), len(WORD))  # fmt: skip

    def why(i: int) -> str:
        where = "in a column of numbers" if own.numbers > 0.5 else "for a missing value"
        other = ", where other cells are left empty" if all_of.empty > 0 else ""
        return f"a word {where}{other}"

    return Told(codes, features.astype(float), np.full(len(codes), -1, dtype=np.int64), why)


def _rows(count: int) -> str:
    return f"{count:,} row" + "s" * (count != 1)


def _commonest(column: Column) -> list[int]:
    order = np.argsort(-column.counts, kind="stable")[:MOST_VALUES]
    return [int(i) for i in order if column.counts[i]]


def _letters(column: Column, total: int) -> tuple[Floats, float, Floats]:
    """Return, by value, how many pairs of letters no other value has, that of values that occur once, and the rarest sign."""
    new, rarest = np.zeros(len(column.values)), np.zeros(len(column.values))
    looked = np.array(_commonest(column), dtype=np.int64)
    if len(looked):
        rows = column.counts[looked]
        texts = [column.values[code][:MOST_LETTERS] for code in looked.tolist()]
        at, held = _rows_with([f"\x02{text.lower()}\x03" for text in texts], 2, rows)
        new[looked] = np.minimum(4, np.bincount(at, weights=held == rows[at], minlength=len(rows)))
        at, held = _rows_with(texts, 1, rows)
        least = np.where([bool(text) for text in texts], np.iinfo(np.int64).max, rows)
        np.minimum.at(least, at, held)
        rarest[looked] = np.log((least - rows + 0.5) / total)
    once = column.counts == 1
    return new, float((new[once] > 0).mean()) if once.any() else 0.0, rarest


def _rows_with(texts: Sequence[str], length: int, rows: Ints) -> tuple[Ints, Ints]:
    """Return the distinct pieces of one or two letters of each text: which text, and the rows of all texts with it."""
    lengths = np.array([len(text) for text in texts])
    wide = max(int(lengths.max(initial=0)), length)
    letters = np.array(texts, dtype=f"U{wide}").view(np.uint32).reshape(len(texts), wide).astype(np.int64)
    pieces = letters if length == 1 else (letters[:, :-1] << 21) + letters[:, 1:]
    pieces[np.arange(pieces.shape[1]) > (lengths - length)[:, None]] = -1
    pieces.sort(axis=1)
    first = pieces >= 0
    first[:, 1:] &= pieces[:, 1:] != pieces[:, :-1]
    at = np.nonzero(first)[0]
    _, which = np.unique(pieces[first], return_inverse=True)
    held = np.bincount(which, weights=rows[at]).astype(np.int64)
    return at, held[which]


def _elsewhere(column: Column, number: int, all_of: Frame) -> tuple[Floats, Floats]:
    """Return how much more often a value stands in another column than in its own (log), and on what share of rows."""
    away, share = np.full(len(column.values), -3.0), np.zeros(len(column.values))
    for code, text in enumerate(column.values):
        most = max((rows for other, rows in all_of.texts.get(text, ()) if other != number), default=0)
        if most:
            away[code] = np.log((most + 1) / (int(column.counts[code]) + 1))
            share[code] = most / max(1, all_of.rows)
    return away, share


def _core(text: str) -> str:
    """Return the number in a text, the rest left out: of "$1,200 " it is 1200."""
    return "".join(c for c in text if c.isdigit() or c in ".-").strip(".-")


def _entropy(shares: Floats) -> float:
    p = shares[shares > 0]
    return float(-(p * np.log(p)).sum()) if len(p) else 0.0
