"""sample: a stratified sample by entity and class at once, the same one wherever and however the rows lie.

Whole entities are kept or dropped by ``md5(salt | entity)``, read as a number between 0 and 1: those below
their stratum's share are kept (FACTS 7). The strata are the entities with a positive label and the others.
So a sample of 1 % lies within that of 10 %, the order and the partitions of the rows mean nothing, and every
engine keeps the same ones. Each row says with what probability it was included, and weighs one over that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from fieldguide.errors import UsageError
from fieldguide.tables import engines as engine

SALT = "fieldguide sample"
"""What is hashed before an entity. Experiments take another one, or every sample would be confounded with an arm."""
DIGITS = 16


@dataclass(frozen=True)
class By:
    """What a sample goes by: the columns of the entity, the key and the label (0 and more), None where there is none.

    Without an entity each row is one of its own, named by its key; rows without a key by their content.
    """

    entity: str | None = None
    key: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Rates:
    """Which shares are kept: of the entities with a positive label, of the others, of the negatives of kept ones.

    Raises UsageError for a share that is not above 0 and up to 1.
    """

    positive: float
    other: float
    negatives: float = 1.0

    def __post_init__(self) -> None:
        for told, share in (
            ("positive", self.positive),
            ("other", self.other),
            ("negatives", self.negatives),
        ):
            if not 0.0 < share <= 1.0:
                raise UsageError(
                    f"a sample keeps a share above 0 and up to 1; {told} was given as {share:g}: write 0.01 for one in a hundred."
                )

    @property
    def even(self) -> bool:
        """Whether every row is included with the same probability."""
        return self.positive == self.other and self.negatives == 1.0


@dataclass(frozen=True)
class Stratum:
    """What a stratum holds: entities (rows, where there is no entity), rows, and rows with a positive label."""

    entities: int = 0
    rows: int = 0
    positives: int = 0


@dataclass(frozen=True)
class Strata:
    """Entities with a positive label, and the others."""

    positive: Stratum
    other: Stratum

    @property
    def rows(self) -> int:
        """The rows of both."""
        return self.positive.rows + self.other.rows


def rates_for(share: float, strata: Strata) -> Rates:
    """Return the rates that keep about `share` of the rows, half of them of entities with a positive label.

    Where those are half of the rows or more, or there are none, all entities have the same rate. A larger
    share never has a smaller rate, so that samples stay nested.

    >>> rates_for(0.1, Strata(Stratum(10, 100, 10), Stratum(90, 900, 0)))
    Rates(positive=0.5, other=0.05555555555555555, negatives=1.0)
    """
    Rates(share, share)
    with_, without = strata.positive.rows, strata.other.rows
    if not with_ or not without:
        return Rates(share, share)
    positive = min(1.0, max(share, share * strata.rows / (2 * with_)))
    if positive == share:
        return Rates(share, share)
    return Rates(positive, min(1.0, (share * strata.rows - positive * with_) / without))


def strata(table: ibis.Table, by: By, positives: pa.Table | None = None) -> Strata:
    """Count what the strata of a table hold: the one aggregation that comes before a stratified sample.

    `positives` are the entities with a positive label (`positive_entities`) where the table is only a part.
    """
    t = _marked(_named(table, by), by, positives)
    if by.entity is not None and positives is None:
        # the aggregation itself tells which entities have a positive label
        groups = t.group_by("__unit").agg(n=t.count(), yes=t["__yes"].cast("int64").sum())
        counted = groups.group_by(has=groups.yes > 0).agg(
            entities=groups.count(), rows=groups.n.sum(), positives=groups.yes.sum()
        )
    else:
        entities = t["__unit"].nunique() if by.entity is not None else t.count()
        counted = t.group_by(has=t["__has"]).agg(
            entities=entities, rows=t.count(), positives=t["__yes"].cast("int64").sum()
        )
    found = {
        bool(line["has"]): Stratum(int(line["entities"]), int(line["rows"]), int(line["positives"] or 0))
        for line in engine.to_arrow(counted).to_pylist()
    }
    return Strata(found.get(True, Stratum()), found.get(False, Stratum()))


def positive_entities(table: ibis.Table, by: By, share: float = 1.0, salt: str = SALT) -> pa.Table:
    """Return the entities with a positive label among those that a sample of this share looks at (column `unit`)."""
    t = _named(table, by)
    t = t.filter(t["__yes"]).select(unit=t["__unit"])
    return engine.to_arrow(t.filter(below(digest(t.unit, salt), share)).distinct())


def sample(
    table: ibis.Table, by: By, rates: Rates, *, salt: str = SALT, positives: pa.Table | None = None
) -> ibis.Table:
    """Return the sampled rows with all their columns and three more.

    `__entity_share` is the probability with which the row's entity was kept, `__inclusion` that with which the
    row was, `__weight` one over it, times the `__weight` that the table has. Entities are kept whole, but for
    `rates.negatives` of their negative rows. `positives` are the entities with a positive label
    (`positive_entities`) where the table is only a part: then the samples of parts are the parts of the sample.
    """
    columns = [name for name in table.columns if name != "__weight"]
    t = _named(table, by)
    t = t.mutate(__digest=digest(t["__unit"], salt))
    t = t.filter(below(t["__digest"], max(rates.positive, rates.other)))
    t = _marked(t, by, positives, distinct=rates.positive != rates.other)
    if rates.positive != rates.other:
        t = t.filter(
            ibis.ifelse(t["__has"], below(t["__digest"], rates.positive), below(t["__digest"], rates.other))
        )
    share: Any = ibis.ifelse(t["__has"], _real(rates.positive), _real(rates.other))
    t = t.mutate(__entity_share=share, __of_row=_real(1.0))
    if rates.negatives < 1.0:
        row = digest(t["__row"], salt + ".row")
        t = t.filter(~t["__no"] | below(row, rates.negatives))
        t = t.mutate(__of_row=ibis.ifelse(t["__no"], _real(rates.negatives), _real(1.0)))
    t = t.mutate(__inclusion=t["__entity_share"] * t["__of_row"])
    before = t["__weight"] if "__weight" in table.columns else _real(1.0)
    return t.select(
        *columns,
        __entity_share=t["__entity_share"],
        __inclusion=t["__inclusion"],
        __weight=before / t["__inclusion"],
    )


def digest(name: Any, salt: str = SALT) -> Any:
    """Return the md5 of a text below a salt, as 32 hex digits: the same on every engine."""
    return ibis.literal(f"{salt}|").concat(name).hexdigest("md5")


def below(digest: Any, share: float) -> Any:
    """Tell whether a digest, read as a number between 0 and 1, lies below a share."""
    if share >= 1.0:
        return ibis.literal(True)
    return digest < prefix(share)


def prefix(share: float) -> str:
    """Return the first hex digits of the digests at a share below 1; those of smaller digests sort before it.

    >>> prefix(0.5)
    '8000000000000000'
    """
    return f"{int(share * 16**DIGITS):0{DIGITS}x}"


@dataclass(frozen=True, eq=False)
class Bottom:
    """The `k` entities with the smallest digests in each stratum (with a positive label, others), and of how many.

    `entities` has the columns unit, digest and positive. Two merge to the k smallest of both (F27).
    """

    k: tuple[int, int]
    entities: pa.Table
    of: tuple[int, int]

    def share(self, positive: bool) -> float:
        """Return the probability with which an entity of a stratum was taken: each k of them are as likely."""
        i = 0 if positive else 1
        return min(1.0, self.k[i] / self.of[i]) if self.of[i] else 1.0


def bottom(
    table: ibis.Table, by: By, k: tuple[int, int], *, salt: str = SALT, positives: pa.Table | None = None
) -> Bottom:
    """Return exactly `k` entities of each stratum (with a positive label, others), or all where there are fewer.

    Raises UsageError for a k below 1.
    """
    if min(k) < 1:
        raise UsageError(f"a sample of exactly k entities a stratum needs a k of 1 or more; you gave {k}.")
    t = _named(table, by)
    if positives is None:
        units = t.group_by(unit=t["__unit"]).agg(positive=t["__yes"].cast("int64").max() > 0)
    else:
        t = _marked(t, By(entity="__unit"), positives)
        units = t.select(unit=t["__unit"], positive=t["__has"]).distinct()
    counted = engine.to_arrow(units.group_by("positive").agg(n=units.count())).to_pylist()
    of = {bool(line["positive"]): int(line["n"]) for line in counted}
    units = units.mutate(digest=digest(units.unit, salt))
    smallest = [
        engine.to_arrow(units.filter(of_stratum).order_by("digest").limit(most))
        for of_stratum, most in zip((units.positive, ~units.positive), k, strict=True)
    ]
    entities = pa.concat_tables(smallest).select(["unit", "digest", "positive"])
    return Bottom(k, entities, (of.get(True, 0), of.get(False, 0)))


def merged(a: Bottom, b: Bottom) -> Bottom:
    """Return the bottom of two tables that share no entity: the k smallest of both, stratum by stratum (F27).

    Raises UsageError when they were made with another k.
    """
    if a.k != b.k:
        raise UsageError(f"samples of {a.k} and of {b.k} entities a stratum do not merge; take the same k.")
    both = pa.concat_tables([a.entities, b.entities])
    digests = np.array(both["digest"].to_pylist(), dtype=object)
    positive = np.array(both["positive"].to_pylist(), dtype=bool)
    chosen: list[int] = []
    for of_stratum, most in zip((positive, ~positive), a.k, strict=True):
        at = np.flatnonzero(of_stratum)
        chosen += at[np.argsort(digests[at], kind="stable")][:most].tolist()
    return Bottom(a.k, both.take(pa.array(chosen, pa.int64())), (a.of[0] + b.of[0], a.of[1] + b.of[1]))


def rows_of(table: ibis.Table, by: By, found: Bottom) -> ibis.Table:
    """Return the rows of the entities of a bottom sample, with the columns that `sample` adds."""
    columns = [name for name in table.columns if name != "__weight"]
    t = _named(table, by)
    chosen = engine.from_arrow(
        engine.connection_of(table),
        found.entities.select(["unit", "positive"]).rename_columns(["__chosen", "__with"]),
    )
    t = t.inner_join(chosen, t["__unit"] == chosen["__chosen"])
    share: Any = ibis.ifelse(t["__with"], _real(found.share(True)), _real(found.share(False)))
    t = t.mutate(__entity_share=share, __inclusion=share)
    before = t["__weight"] if "__weight" in table.columns else _real(1.0)
    return t.select(
        *columns,
        __entity_share=t["__entity_share"],
        __inclusion=t["__inclusion"],
        __weight=before / t["__inclusion"],
    )


def _named(table: ibis.Table, by: By) -> ibis.Table:
    """Return the table with what names the entity and the row, and whether the label is positive or negative."""
    content = _content(table) if by.key is None else table[by.key].cast("string").coalesce(_content(table))
    unit = content if by.entity is None else table[by.entity].cast("string").coalesce(content)
    y = None if by.label is None else table[by.label].cast("float64")
    yes = ibis.literal(False) if y is None else (y > 0).fill_null(False)
    no = ibis.literal(False) if y is None else (y == 0).fill_null(False)
    return table.mutate(__unit=unit, __row=content, __yes=yes, __no=no)


def _content(table: ibis.Table) -> Any:
    """Return the text of a row's own columns: what names a row that has no key."""
    told = [
        engine.mark(table[name])
        for name, kind in table.schema().items()
        if not (name.startswith("__") or kind.is_nested() or kind.is_binary())
    ]
    text = told[0] if told else ibis.literal("")
    for more in told[1:]:
        text = text.concat(ibis.literal("|"), more)
    return text


def _marked(t: ibis.Table, by: By, positives: pa.Table | None, distinct: bool = True) -> ibis.Table:
    """Return the rows with whether their entity has a positive label (`__has`); all alike where it does not matter."""
    if by.entity is None or not distinct:
        return t.mutate(__has=t["__yes"])
    if positives is None:
        found = t.filter(t["__yes"]).select(__positive=t["__unit"]).distinct()
    else:
        renamed = positives.rename_columns(["__positive"])
        found = engine.from_arrow(engine.connection_of(t), renamed)
    joined = t.left_join(found, t["__unit"] == found["__positive"])
    return joined.mutate(__has=joined["__positive"].notnull()).drop("__positive")


def _real(value: float) -> Any:
    """Return a number as float64: written as a literal the engine would make a decimal of it."""
    return ibis.literal(repr(float(value))).cast("float64")
