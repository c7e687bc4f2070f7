"""The SQL that Spark is given: Ibis' own for Spark, with DuckDB's meaning where the two would differ.

An expression must mean the same on every engine. Each method here says how Spark, or Ibis' words for it,
would have meant something else.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any, ClassVar

import ibis.expr.datatypes as dt
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import NULL, SQLGlotCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.datatypes import PySparkType

INFINITY = "CAST('Infinity' AS DOUBLE)"

FLOAT_TEXT = """
TRANSFORM(ARRAY({x}), v -> CASE
  WHEN v IS NULL THEN NULL
  WHEN ISNAN(v) THEN 'nan'
  WHEN ABS(v) = CAST('Infinity' AS DOUBLE) THEN IF(v > 0, 'inf', '-inf')
  WHEN v = 0 OR (ABS(v) >= 1E-3 AND ABS(v) < 1E7) THEN CAST(v AS STRING)
  ELSE TRANSFORM(
    FILTER(
      TRANSFORM(SEQUENCE(0, 16), n -> FORMAT_STRING(CONCAT('%.', n, 'e'), v)),
      s -> TRY_CAST(s AS DOUBLE) = v
    ),
    s -> TRANSFORM(
      ARRAY(NAMED_STRUCT(
        'digits', REGEXP_REPLACE(s, '[eE].*$|[-.]', ''),
        'power', CAST(REGEXP_EXTRACT(s, '[eE](.*)$', 1) AS INT)
      )),
      p -> CONCAT(IF(v < 0, '-', ''), CASE
        WHEN p.power BETWEEN 0 AND 15 THEN CONCAT(
          RPAD(p.digits, p.power + 1, '0'), '.',
          IF(LENGTH(p.digits) > p.power + 1, SUBSTRING(p.digits, p.power + 2), '0'))
        WHEN p.power = -4 THEN CONCAT('0.000', p.digits)
        ELSE CONCAT(
          SUBSTRING(p.digits, 1, 1), IF(LENGTH(p.digits) > 1, CONCAT('.', SUBSTRING(p.digits, 2)), ''),
          IF(p.power < 0, 'e-', 'e+'), IF(ABS(p.power) < 10, '0', ''), CAST(ABS(p.power) AS STRING))
      END)
    )[0]
  )[0]
END)[0]
"""
"""A float as DuckDB and Python write it: as few digits as tell it apart, from 1e-4 up to 1e16 without exponent."""

NUMBER = (
    r"(?i)^\s*[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+)?\s*$|^\s*[+-]?(nan|inf|infinity)\s*$"
)
"""What DuckDB reads as a float; Spark would also take 1d, 2f and 0x1p3, and no 1_000."""

_DAY = r"\s*\d{1,6}([-/ ])\d{1,2}\1\d{1,2}"
_SECONDS = r"(:\d{1,2}(\.\d{1,9})?(Z|\s?UTC|[+-]\d{2}(:?\d{2})?)?\s*)?"
INSTANT = rf"^{_DAY}([ T\t]\d{{1,2}}:\d{{1,2}}{_SECONDS})?$"
"""What DuckDB reads as a date and time; Spark would also take 2013, 2013-01 and T10."""
MIDNIGHT = r"[ T\t]24:0{1,2}(:0{1,2}(\.0+)?)?\s*$"
"""The end of a day, which DuckDB reads as the start of the next."""


class Kinds(PySparkType):  # type: ignore[misc]
    """The types of columns in Spark's words; wall clocks are no instants."""

    @classmethod
    def _from_ibis_Timestamp(cls, dtype: Any) -> sge.DataType:
        name = sge.DataType.Type.TIMESTAMPTZ if dtype.timezone else sge.DataType.Type.TIMESTAMPNTZ
        return sge.DataType(this=name)


class Dialect(PySparkCompiler):  # type: ignore[misc]
    """Compiles expressions to Spark's SQL."""

    __slots__ = ()

    type_mapper = Kinds
    SIMPLE_OPS: ClassVar[
        dict[Any, str]
    ] = {}  # else Ibis would put those of Spark in the place of the methods below
    UNSUPPORTED_OPS = ()

    def visit_Field(self, op: Any, *, rel: Any, name: Any) -> Any:
        """A column is a column; Ibis can be told to take NaN for null."""
        return SQLGlotCompiler.visit_Field(self, op, rel=rel, name=name)

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:
        """A float literal is a double: without an exponent Spark would make a decimal of it."""
        if dtype.is_floating():
            plain = SQLGlotCompiler.visit_NonNullLiteral(self, op, value=value, dtype=dtype)
            return self.cast(plain, dt.float64)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:
        """NaN is a value, not a null."""
        return SQLGlotCompiler.visit_IsNull(self, op, arg=arg)

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:
        """NaN is a value, not a null."""
        return SQLGlotCompiler.visit_NotNull(self, op, arg=arg)

    def visit_Divide(self, op: Any, *, left: Any, right: Any) -> Any:
        """Division by zero is infinite or NaN; Spark would stop."""
        plain = self.binop(sge.Div, left, right)
        divisor = op.right
        if hasattr(divisor, "value") and divisor.value:
            return plain
        endless = self.binop(sge.Mul, self.cast(left, dt.float64), _parsed(INFINITY))
        return self.if_(sge.paren(right).eq(0), endless, plain)

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:
        """Floats round to whole numbers (Spark cuts off); floats and instants are written as DuckDB writes them."""
        given = op.arg.dtype
        if given.is_floating() and to.is_integer():
            return self.cast(self.f.rint(arg), to)
        if given.is_floating() and to.is_string():
            return _parsed(FLOAT_TEXT, x=arg)
        if given.is_timestamp() and given.timezone is not None and to.is_string():
            return self.f.concat(self.cast(arg, to), "+00")
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_TryCast(self, op: Any, *, arg: Any, to: Any) -> Any:
        """Text is read as a number or an instant where DuckDB reads it so."""
        if not op.arg.dtype.is_string():
            return super().visit_TryCast(op, arg=arg, to=to)
        kind = self.type_mapper.from_ibis(to)
        if to.is_floating():
            plain = self.f.anon.replace(arg, "_", "")
            return self.if_(self.f.anon.rlike(arg, NUMBER), sge.TryCast(this=plain, to=kind, safe=True), NULL)
        if to.is_timestamp():
            return self._read_instant(arg, kind)
        return super().visit_TryCast(op, arg=arg, to=to)

    def _read_instant(self, text: Any, kind: Any) -> Any:
        """Spark wants dashes in a date and a colon in an offset, and knows no 24:00."""
        change, like = self.f.anon.regexp_replace, self.f.anon.rlike
        plain = change(text, r"(\d)[/ ](\d{1,2})[/ ](\d)", "$1-$2-$3")
        plain = change(plain, r"(:[\d.]+[+-]\d{2})(\d{2})?\s*$", "$1:$2")
        plain = change(change(plain, r"\t(\d)", " $1"), r":\s*$", ":00")
        late = like(text, MIDNIGHT)
        plain = change(plain, MIDNIGHT, "")
        read = sge.TryCast(this=self.if_(like(text, INSTANT), plain, NULL), to=kind, safe=True)
        return read + self.f.anon.make_dt_interval(self.cast(late, dt.int32))

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:
        """All white space goes, not only spaces."""
        return self.f.anon.btrim(arg, string.whitespace)

    def visit_LStrip(self, op: Any, *, arg: Any) -> Any:
        """All white space in front goes, not only spaces."""
        return sge.Trim(this=arg, expression=sge.convert(string.whitespace), position="LEADING")

    def visit_RStrip(self, op: Any, *, arg: Any) -> Any:
        """All white space behind goes, not only spaces."""
        return sge.Trim(this=arg, expression=sge.convert(string.whitespace), position="TRAILING")

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        """A pattern is looked for anywhere in the text."""
        return self.f.anon.rlike(arg, pattern)

    def visit_Strftime(self, op: Any, *, arg: Any, format_str: Any) -> Any:
        """The letters of a format that stand for themselves are quoted, as Java wants them."""
        return self.f.anon.date_format(arg, sge.convert(java_format(op.format_str.value)))

    def visit_ScalarUDF(self, op: Any, **kw: Any) -> Any:
        """Functions that go by DuckDB's name."""
        made = FUNCTIONS.get(op.__func_name__)
        return self.f[self.__sql_name__(op)](*kw.values()) if made is None else made(self, *kw.values())


def _parsed(template: str, **arguments: sge.Expression) -> sge.Expression:
    """Return a template of Spark's SQL with expressions in the place of its {names}."""
    marks = {name: f"fieldguide_place_of_{name}" for name in arguments}
    tree = sg.parse_one(template.format(**marks) if marks else template, dialect="spark")

    def placed(node: sge.Expression) -> sge.Expression:
        if isinstance(node, sge.Column):
            for name, mark in marks.items():
                if node.name == mark:
                    return arguments[name].copy()
        return node

    return tree.transform(placed)


_JAVA = {
    "Y": "yyyy", "m": "MM", "d": "dd", "H": "HH", "M": "mm", "S": "ss", "f": "SSSSSS", "y": "yy", "j": "DDD",
    "b": "MMM", "B": "MMMM", "a": "EEE", "A": "EEEE", "p": "a", "I": "hh",
}  # fmt: skip


def java_format(pattern: str) -> str:
    """Return a format of strftime as Java writes it.

    >>> java_format("%Y-%m-%dT%H:%M")
    "yyyy-MM-dd'T'HH:mm"
    """
    out, marked = "", False
    for letter in pattern:
        if marked:
            out, marked = out + _JAVA[letter], False
        elif letter == "%":
            marked = True
        else:
            out += f"'{letter}'" if letter.isalpha() else letter
    return out


def _unix_micros(dialect: Dialect, instant: Any) -> Any:
    # a wall clock is read as UTC, the time zone of the session
    return dialect.f.anon.unix_micros(
        sge.Cast(this=instant, to=Kinds.from_ibis(dt.Timestamp(timezone="UTC")))
    )


def _instant_at(dialect: Dialect, microseconds: Any) -> Any:
    return dialect.f.anon.timestamp_micros(microseconds)


def _clock_at(dialect: Dialect, microseconds: Any) -> Any:
    return dialect.cast(dialect.f.anon.timestamp_micros(microseconds), dt.Timestamp())


def _hash(dialect: Dialect, text: Any) -> Any:
    # 63 bits without a sign; what Spark calls a hash has 32
    return dialect.f.anon.shiftrightunsigned(dialect.f.anon.xxhash64(text), 1)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "epoch_us": _unix_micros,
    "hash": _hash,
    "make_timestamptz": _instant_at,
    "make_timestamp": _clock_at,
}
"""What the functions of `tables.engines.functions` are in Spark's SQL, by the names that DuckDB has for them."""
