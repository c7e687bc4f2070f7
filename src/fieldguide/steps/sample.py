"""Sample: a stratified sample of a program's source in a file, and what it is worth."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from fieldguide.errors import DataError, UsageError
from fieldguide.program import Program, named
from fieldguide.steps.harvest import writable
from fieldguide.steps.home import name_of
from fieldguide.tables import engines
from fieldguide.tables.draw import BESIDE, Drawn, Wanted, draw
from fieldguide.tables.estimates import Estimate, intercept_shift, sampled_mean
from fieldguide.tables.read import main_rows
from fieldguide.tables.sample import SALT, Stratum

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Kept:
    """A stratum of a sample: with what probability an entity was kept, what there was and what is left of it."""

    stratum: str
    probability: float
    whole: Stratum
    kept: Stratum


@dataclass(frozen=True)
class Sampled:
    """A sample in a file: what was kept, how its rows weigh, and what it says of all rows.

    `weight` and `inclusion` name the two columns that the file has beside those of the source. `unit` is what
    was kept or dropped whole: "entity", "key" or "content". `estimate` is the weighted mean of the label with
    its interval by unit, None without a label. `notes` say what is lost where something is not declared.
    """

    program: str
    out: str
    beside: str
    unit: str
    rows: int
    of: int
    strata: tuple[Kept, ...]
    negatives: float
    weight: str
    inclusion: str
    estimate: Estimate | None
    statement: str
    notes: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the rows that was kept."""
        return self.rows / self.of

    def to_json(self) -> dict[str, Any]:
        """Return the sample as `sample --json` prints it and as the file beside the rows holds it."""
        estimate = asdict(self.estimate) if self.estimate is not None else None
        return {
            "program": self.program,
            "out": self.out,
            "beside": self.beside,
            "rows": self.rows,
            "of": self.of,
            "share": self.share,
            "unit": self.unit,
            "salt": SALT,
            "strata": [asdict(each) for each in self.strata],
            "negatives": self.negatives,
            "weight": self.weight,
            "inclusion": self.inclusion,
            "correction": self.correction,
            "label": _finite(estimate),
            "statement": self.statement,
            "notes": list(self.notes),
        }

    @property
    def correction(self) -> dict[str, Any] | None:
        """How to put right a model that was learned without the weights (F26); None where only weights can.

        `negatives` is the probability of a negative row over that of a positive one: a probability p of the model
        is p / (p + (1 − p) / negatives) on all rows, the intercept of a logistic model `intercept` higher.
        """
        held = {each.stratum: each.probability for each in self.strata}
        if len(held) < 2:
            return None
        positive, other = (each.probability for each in self.strata)
        if self.unit != "entity":
            ratio = self.negatives * other / positive
        elif positive == other:
            ratio = self.negatives
        else:
            return None
        return {"negatives": ratio, "intercept": intercept_shift(ratio)} if ratio < 1.0 else None


def sample(
    program: Program,
    out: str | Path,
    *,
    share: float | None = None,
    entities: int | None = None,
    negatives: float = 1.0,
    engine: Any = "duckdb",
    on_step: Progress | None = None,
) -> Sampled:
    """Write a sample of the program's main source to `out` (.parquet or .csv), with weights, and what it is worth.

    About `share` of the rows are kept, half of them of entities with a positive label where that is possible, or
    exactly `entities` entities of each stratum; `negatives` is the share of the negative rows kept within them.
    The same entities are kept wherever and in whatever order the rows lie, and a smaller share is a part of a
    larger one. Beside the rows `out` has the columns `weight` and `inclusion` (under other names where the source has
    these), and beside `out` lies a JSON file with rates, strata and corrections. `engine` is what runs the queries:
    "duckdb", "local[2]", "spark://host:port", or a SparkSession.

    Raises UsageError for a wrong share or place, DataError when the source cannot be read or nothing is kept,
    ProgramError when declared columns are not there, EngineError when Spark does not answer.
    """
    say = on_step or (lambda message: None)
    wanted = Wanted(share, entities, negatives)
    path, program = writable(out), named(program)
    say(f"reading {program.source.place}")
    rows = main_rows(program, connection=engines.connect(engine))
    drawn = draw(program, rows.table, wanted)
    say(f"writing {drawn.kept.rows:,} of {drawn.whole.rows:,} rows")
    columns = rows.table.columns
    weight, inclusion = (
        name if name not in columns else f"sample_{name}" for name in ("weight", "inclusion")
    )
    made = _sampled(program, drawn, path, weight, inclusion)
    beside = Path(made.beside)
    with _draft(path) as rows_draft, _draft(beside) as beside_draft:
        _write(drawn, columns, {"__weight": weight, "__inclusion": inclusion}, rows_draft)
        beside_draft.write_text(json.dumps(made.to_json(), indent=2, ensure_ascii=False), encoding="utf-8")
    return made


def _sampled(program: Program, drawn: Drawn, path: Path, weight: str, inclusion: str) -> Sampled:
    unit = "entity" if drawn.by.entity else "key" if drawn.by.key else "content"
    estimate = None
    if drawn.by.label is not None:
        estimate = sampled_mean(drawn.table, "__label", "__entity" if drawn.by.entity else None)
    return Sampled(
        program=name_of(program),
        out=str(path),
        beside=str(path.with_name(f"{path.name}.json")),
        unit=unit,
        rows=drawn.kept.rows,
        of=drawn.whole.rows,
        strata=_strata(drawn, unit),
        negatives=drawn.rates.negatives,
        weight=weight,
        inclusion=inclusion,
        estimate=estimate,
        statement=_statement(program, estimate, unit),
        notes=tuple(_notes(program, drawn, unit, weight)),
    )


def _strata(drawn: Drawn, unit: str) -> tuple[Kept, ...]:
    many = "entities" if unit == "entity" else "rows"
    whole, kept, rates = drawn.whole, drawn.kept, drawn.rates
    if drawn.by.label is None:
        return (Kept(f"all {many}", rates.other, whole.other, kept.other),)
    return (
        Kept(f"{many} with a positive label", rates.positive, whole.positive, kept.positive),
        Kept(f"other {many}", rates.other, whole.other, kept.other),
    )


def _statement(program: Program, estimate: Estimate | None, unit: str) -> str:
    """Say what the sample tells of all rows, and that what all rows would teach a model is another question."""
    if estimate is None or math.isnan(estimate.low):
        return ""
    units = {"entity": f"values of {program.source.entity}", "key": "keys", "content": "rows"}[unit]
    rate = program.label.kind == "binary"
    told = f"the share of yes in {program.label.name}" if rate else f"the mean of {program.label.name}"
    value, low, high = (
        f"{x:.2%}" if rate else f"{x:.4g}" for x in (estimate.value, estimate.low, estimate.high)
    )
    return (
        f"On this sample {told} is {value}; on all rows it lies between {low} and {high} with 95 % confidence "
        f"({estimate.entities:,} {units} as units). That a model learned from all rows may be better than one learned from these "
        "is another question, which a learning curve answers."
    )


def _notes(program: Program, drawn: Drawn, unit: str, weight: str) -> Iterator[str]:
    source = program.source
    yield {
        "entity": f"Standard errors are by {source.entity}: its rows belong together, and a formula by rows promises too much.",
        "key": "No entity is declared, so rows were kept or dropped by their key, each for itself: if rows belong together (of one user, "
        "one machine), they are torn apart here, and errors by row promise too much. Declare entity= of the source.",
        "content": "Neither entity nor key is declared, so rows were kept or dropped by their content: equal rows together, and a changed "
        "value may change what is kept. Declare key= of the source, and entity= if rows belong together.",
    }[unit]
    if drawn.by.label is None:
        yield (
            f"{program.label.name} is an amount, so there are no classes: all entities have the same probability."
            if program.label.kind == "numeric"
            else "No label is declared, so there are no classes: all have the same probability."
        )
    elif not (drawn.whole.positive.rows and drawn.whole.other.rows):
        yield "Only one class occurs, so all have the same probability."
    told = f" It stands for {source.weight}, by which it was multiplied." if source.weight is not None else ""
    yield f"Each row weighs one over its probability of inclusion: declare Source(…, weight={weight!r}).{told}"
    if source.joins:
        yield "The rows are those of the main source; joined sources are looked up when the sample is read."


def _write(drawn: Drawn, columns: tuple[str, ...], renamed: dict[str, str], draft: Path) -> None:
    """Stream the rows to a file: the columns of the source as they came, and those of the sample."""
    chosen = drawn.table.select(
        **{name: drawn.table[name] for name in columns if name not in BESIDE},
        **{new: drawn.table[old] for old, new in renamed.items()},
    )
    writer: Any = None
    try:
        for batch in engines.stream(chosen):
            if writer is None:
                kind = pyarrow.parquet.ParquetWriter if draft.suffix == ".parquet" else pyarrow.csv.CSVWriter
                writer = kind(str(draft), batch.schema)
            writer.write_table(pa.Table.from_batches([batch]))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise DataError(
            f"the rows cannot be written as {draft.suffix[1:]} ({error}); write to a file that ends with .parquet."
        ) from error
    finally:
        if writer is not None:
            writer.close()


@contextlib.contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write to, which takes its place when all is well and vanishes otherwise."""
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); choose another place.") from error
    finally:
        draft.unlink(missing_ok=True)


def _finite(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return numbers as JSON has them: what is not known is null."""
    if found is None:
        return None
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in found.items()}
