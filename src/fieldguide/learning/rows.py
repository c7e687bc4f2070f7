"""The row form of the encoder: one flat Python function for each fitted model, written out and compiled.

A row is the tuple of canonical raw values. Names and texts of the user never enter the written code: they
are looked up by position or bound as values. What the code does is, slot by slot, what `encoder.py` does
column by column; equality bit for bit is proven at every fit (`parity.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldguide.errors import FieldguideError
from fieldguide.learning.layout import Item, Layout
from fieldguide.learning.plan import LIMIT, LevelSlot, NumberSlot, Plan
from fieldguide.learning.values import AS_KIND, LEVEL_PARTS, computing_failed, hour_of, local_clock

Row = tuple[Any, ...]


@dataclass
class _Writer:
    """Lines of a function in the making, and the values that they name."""

    names: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        self.lines.extend("    " + line for line in text.splitlines())

    def bind(self, name: str, value: Any) -> str:
        self.names[name] = value
        return name

    def compile(self, head: str, tail: str, used: Sequence[str]) -> Callable[[Row], Any]:
        """Compile the lines; bound names become default arguments, which are the fastest to look up."""
        defaults = "".join(f", {name}={name}" for name in self.names)
        source = "\n".join(
            [f"def {head}(row{defaults}):", f"    {_unpack(used)}", *self.lines, f"    {tail}"]
        )
        space: dict[str, Any] = dict(self.names)
        exec(compile(source, f"<fieldguide {head}>", "exec"), space)
        function: Callable[[Row], Any] = space[head]
        return function


def linear_score(
    plan: Plan, layout: Layout, intercept: float, weights: Sequence[Sequence[float]]
) -> Callable[[Row], float]:
    """Return the function from a row to the linear score.

    `weights` holds, slot by slot, (of the value, of the indicator) of a number and (one for each code, and
    their mean for the code that stands for it) of levels. Presentation columns are held at neutral.
    """
    writer = _Writer()
    writer.add(f"score = {_literal(intercept)}")
    _terms(writer, plan, layout, weights, lambda i, value: f"score += {value}")
    return writer.compile("score", "return score", _used(writer, layout))


def linear_terms(
    plan: Plan, layout: Layout, weights: Sequence[Sequence[float]]
) -> Callable[[Row], tuple[float, ...]]:
    """Return the function from a row to the terms of the linear score, one for each slot."""
    writer = _Writer()
    _terms(writer, plan, layout, weights, lambda i, value: f"t{i} = {value}")
    tail = "return (" + "".join(f"t{i}, " for i in range(len(plan.slots))) + ")"
    return writer.compile("terms", tail, _used(writer, layout))


def encoded_row(plan: Plan, layout: Layout) -> Callable[[Row], list[float]]:
    """Return the function from a row to its row of the matrix: `plan.width` floats."""
    writer = _Writer()
    width, dense, hot = plan.width, 0, plan.dense
    writer.add(f"out = [0.0] * {width + 1}")
    for i, slot in enumerate(plan.slots):
        if isinstance(slot, NumberSlot):
            value, missing = (dense if slot.value else width), (dense + slot.value if slot.missing else width)
            dense += slot.value + slot.missing
            if slot.neutral is not None:
                writer.add(f"out[{value}] = {slot.neutral[0]!r}\nout[{missing}] = {slot.neutral[1]!r}")
                continue
            x = _number(writer, layout, slot)
            writer.bind("clamp", _clamp)
            writer.add(
                f"if {x} is None:\n    out[{missing}] = 1.0\n"
                f"else:\n    z = ({x} - {slot.mean!r}) / {slot.scale!r}\n"
                f"    if -{LIMIT!r} <= z <= {LIMIT!r}:\n        out[{value}] = z\n"
                f"    else:\n        out[{value}], out[{missing}] = clamp({x}, z)"
            )
        else:
            columns = [*range(hot, hot + slot.size), width]
            mean = writer.bind(f"mean{i}", list(slot.reference))
            block = f"out[{hot}:{hot + slot.size}] = {mean}"
            hot += slot.size
            if slot.neutral is not None:
                at = columns[slot.neutral]
                writer.add(block if at == width else f"out[{at}] = 1.0")
                continue
            look = writer.bind(f"look{i}", {k: columns[c] for k, c in slot.codes().items()}.get)
            writer.add(
                f"at = {look}({_level(writer, layout, slot)}, {columns[slot.other]})\n"
                f"if at != {width}:\n    out[at] = 1.0\nelse:\n    {block}"
            )
    writer.add("del out[-1]")
    return writer.compile("encode", "return out", _used(writer, layout))


def calling_row(layout: Layout, reads: Sequence[int], call: Callable[..., Any]) -> Callable[[Row], Any]:
    """Return the function from a row to `call` of its columns at `reads`, as functions of the user see them."""
    writer = _Writer()
    given = ", ".join(_argument(writer, layout, position) for position in reads)
    writer.bind("call", call)
    return writer.compile("answer", f"return call({given})", _used(writer, layout))


def _terms(
    writer: _Writer,
    plan: Plan,
    layout: Layout,
    weights: Sequence[Sequence[float]],
    emit: Callable[[int, str], str],
) -> None:
    for i, (slot, w) in enumerate(zip(plan.slots, weights, strict=True)):
        if isinstance(slot, LevelSlot):
            if slot.neutral is not None:
                writer.add(emit(i, _literal(w[slot.neutral])))
                continue
            look = writer.bind(f"look{i}", {level: w[code] for level, code in slot.codes().items()}.get)
            writer.add(emit(i, f"{look}({_level(writer, layout, slot)}, {_literal(w[slot.other])})"))
            continue
        null = float(w[1] if slot.missing else w[0] * 0.0)
        if slot.neutral is not None:
            z, missing = slot.neutral
            writer.add(emit(i, _literal(null if missing else w[0] * z)))
            continue
        x = _number(writer, layout, slot)
        if not slot.value:
            writer.add(emit(i, f"{_literal(null)} if {x} is None or {x} - {x} != 0.0 else 0.0"))
            continue
        far = writer.bind(f"far{i}", _far_term(w[0], null))
        writer.add(
            f"if {x} is None:\n    {emit(i, _literal(null))}\n"
            f"else:\n    z = ({x} - {slot.mean!r}) / {slot.scale!r}\n"
            f"    {emit(i, f'{_literal(w[0])} * z if -{LIMIT!r} <= z <= {LIMIT!r} else {far}({x}, z)')}"
        )


def _number(writer: _Writer, layout: Layout, slot: NumberSlot) -> str:
    """Write what computes a number and return its variable; it may be None, infinite or not a number."""
    item = _item(layout, slot.feature)
    if item.kind == "timestamp":
        name = f"hour{item.position}"
        if name not in writer.done:
            writer.done.add(name)
            writer.bind("hour_of", hour_of)
            writer.add(f"{name} = hour_of({_argument(writer, layout, _at(item))})")
        return name
    return _raw(writer, _at(item)) if item.function is None else _computed(writer, layout, item)


def _level(writer: _Writer, layout: Layout, slot: LevelSlot) -> str:
    """Write what computes a level and return the expression for it."""
    item = _item(layout, slot.feature)
    if slot.part is not None:
        part = writer.bind(f"{slot.part}_of", LEVEL_PARTS[slot.part])
        return f"{part}({_argument(writer, layout, _at(item))})"
    return _raw(writer, _at(item)) if item.function is None else _computed(writer, layout, item)


def _computed(writer: _Writer, layout: Layout, item: Item) -> str:
    number = layout.items.index(item)
    name, function, convert = f"c{number}", f"f{number}", f"as{number}"
    if name in writer.done:
        return name
    writer.done.add(name)
    writer.bind(function, item.function)
    writer.bind(convert, _converting(item))
    writer.bind(f"failed{number}", _failing(item))
    given = ", ".join(_argument(writer, layout, position) for position in item.reads)
    plain = {
        "number": f"{name}.__class__ is not float",
        "category": f"{name}.__class__ is not str and {name} is not None",
        "boolean": f"{name} is not True and {name} is not False and {name} is not None",
    }[item.kind]
    writer.add(
        f"try:\n    {name} = {function}({given})\n"
        f"except Exception as error:\n    raise failed{number}(error) from error\n"
        f"if {plain}:\n    {name} = {convert}({name})"
    )
    return name


def _argument(writer: _Writer, layout: Layout, position: int) -> str:
    """Write a raw column as functions of the user see it and return its variable."""
    kind = layout.columns[position][1]
    raw = _raw(writer, position)
    if kind not in ("number", "timestamp"):
        return raw
    name = f"a{position}"
    if name not in writer.done:
        writer.done.add(name)
        if kind == "timestamp":
            writer.bind("local", local_clock(layout.timezone))
            writer.add(f"{name} = local({raw})")
        else:
            writer.add(f"{name} = {raw} if {raw} is not None and {raw} - {raw} == 0.0 else None")
    return name


def _raw(writer: _Writer, position: int) -> str:
    writer.done.add(f"x{position}")
    return f"x{position}"


def _used(writer: _Writer, layout: Layout) -> list[str]:
    return [f"x{i}" if f"x{i}" in writer.done else "_" for i in range(len(layout.columns))]


def _unpack(used: Sequence[str]) -> str:
    return "(" + "".join(f"{name}, " for name in used) + ") = row" if used else "() = row"


def _item(layout: Layout, feature: str) -> Item:
    return next(item for item in layout.items if item.name == feature)


def _at(item: Item) -> int:
    assert item.position is not None
    return item.position


def _converting(item: Item) -> Callable[[Any], Any]:
    convert, name = AS_KIND[item.kind], item.name
    return lambda value: convert(name, value)


def _failing(item: Item) -> Callable[[Exception], Exception]:
    function, name = item.function, item.name
    assert function is not None
    return lambda error: computing_failed(name, function, error)


def _literal(value: float) -> str:
    """Return a float as Python writes it, so that reading it gives the same bits."""
    if not math.isfinite(value):
        raise FieldguideError(
            f"A weight is {value}; a fit with such weights cannot answer. Fit the program again."
        )
    return repr(float(value))


def _clamp(x: float, z: float) -> tuple[float, float]:
    """Return value and indicator of a number beyond the limit, or not finite."""
    if x - x != 0.0:
        return 0.0, 1.0
    return (LIMIT if z > 0.0 else -LIMIT), 0.0


def _far_term(weight: float, null: float) -> Callable[[float, float], float]:
    def far(x: float, z: float) -> float:
        if x - x != 0.0:
            return null
        return weight * (LIMIT if z > 0.0 else -LIMIT)

    return far
