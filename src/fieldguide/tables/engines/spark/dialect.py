"""The SQL that Spark is given: Ibis' own for Spark, with DuckDB's meaning where the two would differ.

An expression must mean the same on every engine. Each method here says how Spark, or Ibis' words for it,
would have meant something else.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

import ibis.expr.datatypes as dt
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import NULL, SQLGlotCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.datatypes import PySparkType

INFINITY = "CAST('Infinity' AS DOUBLE)"

FLOAT_TEXT = """
TRANSFORM(ARRAY({x}), v -> CASE
  WHEN ISNAN(v) THEN 'nan'
  WHEN ABS(v) = CAST('Infinity' AS DOUBLE) THEN IF(v > 0, 'inf', '-inf')
  WHEN v = 0 OR (ABS(v) >= 1E-3 AND ABS(v) < 1E7) THEN CAST(v AS STRING)
  ELSE AGGREGATE(
    ARRAY(IF(CAST(FORMAT_STRING('%.15e', v) AS DOUBLE) = v, FORMAT_STRING('%.15e', v), CAST(v AS STRING))),
    '',
    (nothing, s) -> CONCAT(
      IF(v < 0, '-', ''),
      AGGREGATE(
        ARRAY(NAMED_STRUCT(
          'digits', REGEXP_REPLACE(REGEXP_REPLACE(s, '[eE].*$|[-.]', ''), '0+$', ''),
          'power', CAST(REGEXP_EXTRACT(s, '[eE](.*)$', 1) AS INT)
        )),
        '',
        (none, p) -> CASE
          WHEN p.power BETWEEN 0 AND 15 THEN CONCAT(
            RPAD(p.digits, p.power + 1, '0'), '.',
            IF(LENGTH(p.digits) > p.power + 1, SUBSTRING(p.digits, p.power + 2), '0'))
          WHEN p.power = -4 THEN CONCAT('0.000', p.digits)
          ELSE CONCAT(
            SUBSTRING(p.digits, 1, 1), IF(LENGTH(p.digits) > 1, CONCAT('.', SUBSTRING(p.digits, 2)), ''),
            'e', IF(p.power < 0, '-', '+'), LPAD(CAST(ABS(p.power) AS STRING), 2, '0'))
        END
      )
    )
  )
END)[0]
"""
"""A float as DuckDB and Python write it: as few digits as tell it apart, from 1e-4 up to 1e16 without exponent."""

NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$|^\s*[+-]?(nan|inf|infinity)\s*$"
"""What DuckDB reads as a float; Spark would also take 1d, 2f and 0x1p3."""

DATE = r"^\s*(\d{1,6})[-/](\d{1,2})[-/](\d{1,2})"
TIME = r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
ZONE = r"\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?\s*$"
INSTANT = DATE + TIME + ZONE
"""What DuckDB reads as a date and time; Spark would also take 2013, 2013-01 and T10."""


class Dialect(PySparkCompiler):  # type: ignore[misc]
    """Compiles expressions to Spark's SQL."""

    __slots__ = ()

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
        if to.is_floating():
            return self.if_(
                self.f.anon.rlike(arg, f"(?i){NUMBER}"),
                sge.TryCast(this=arg, to=self.type_mapper.from_ibis(to)),
                NULL,
            )
        if to.is_timestamp():
            return self._instant_of_text(arg, to)
        return super().visit_TryCast(op, arg=arg, to=to)

    def _instant_of_text(self, text: Any, to: Any) -> Any:
        plain = self.f.regexp_replace(text, INSTANT, r"$1-$2-$3 $4:$5:$6.$7$8")
        return self.if_(
            self.f.anon.rlike(text, INSTANT),
            sge.TryCast(this=plain, to=self.type_mapper.from_ibis(to)),
            NULL,
        )

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:
        """All white space goes, not only spaces."""
        return self.f.anon.btrim(arg, string.whitespace)

    def visit_LStrip(self, op: Any, *, arg: Any) -> Any:
        """All white space in front goes, not only spaces."""
        return self.f.anon.regexp_replace(arg, r"^[ \t\n\r\x0b\f]+", "")

    def visit_RStrip(self, op: Any, *, arg: Any) -> Any:
        """All white space behind goes, not only spaces."""
        return self.f.anon.regexp_replace(arg, r"[ \t\n\r\x0b\f]+$", "")

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
    return dialect.f.anon.unix_micros(sge.Cast(this=instant, to=PySparkType.from_ibis(dt.Timestamp("UTC"))))


def _instant_at(dialect: Dialect, microseconds: Any) -> Any:
    return dialect.f.anon.timestamp_micros(microseconds)


def _clock_at(dialect: Dialect, microseconds: Any) -> Any:
    return dialect.cast(dialect.f.anon.timestamp_micros(microseconds), dt.Timestamp())


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "epoch_us": _unix_micros,
    "make_timestamptz": _instant_at,
    "make_timestamp": _clock_at,
}
"""What the functions of `tables.engines.functions` are in Spark's SQL, by the names that DuckDB has for them."""
