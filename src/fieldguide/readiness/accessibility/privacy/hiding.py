"""Values of personal columns are not shown in findings, whichever check made them: only how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fieldguide.finding import Finding
from fieldguide.readiness.accessibility.privacy.cells import masked

_QUOTED = re.compile(r"(?<!\w)'([^'\n]{1,200})'|\"([^\"\n]{1,200})\"")
_TEXT = r"(?:'[^'\n]*'|\"[^\"\n]*\")"
_EQUAL = re.compile(rf"(\w[\w .-]*?) (=|from) ({_TEXT}(?:, {_TEXT})*|[^;,()\n]+)")
_KEY = re.compile(r"\(key (.*?)\)(?=[\s:;,]|$)")
_CLOCK = r"[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?"
_NUMBER = re.compile(rf"(?<![\w#])-?\d(?:[\d.,:/-]*\d)?(?:{_CLOCK})?(?:[eE][-+]?\d+)?")
_COUNTED = re.compile(
    r"\s?(?:%|(?:rows?|values?|cells?|columns?|pairs?|names?|texts?|of|as|whole|more|others?|times|different|distinct)\b)"
)
_COUNTING = re.compile(r"(?:\d of (?:the |all )?|\brows? )$")
_VALUES = frozenset(
    (
        "value",
        "values",
        "nearest",
        "next",
        "shown",
        "examples",
        "between",
        "low",
        "high",
        "first",
        "last",
        "since",
        "until",
        "step",
        "groups",
        "gaps",
        "remembered",
    )
)
"""Names of evidence that holds values of the column."""


@dataclass(frozen=True)
class Hidden:
    """What findings must not show: values of `columns`, of which `texts` are known.

    `key` says that a column of the key is among them; `names` are the names of all columns, which may be shown.
    """

    columns: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    key: bool = False
    names: frozenset[str] = frozenset()


def hide(finding: Finding, hidden: Hidden) -> Finding:
    """Return a finding without the values of personal columns: each letter an x, each digit a 9.

    In one about such a column numbers and days without quotes are values too, but for counts (of rows, of values,
    shares): each digit of theirs becomes a #, so that nobody takes it for a number. Evidence that holds values is left out.

    >>> from fieldguide.readiness.checks import found
    >>> odd = found("wild_values", "fail", "the value '1815-12-10' stands alone", "born", rows=["ada@example.org"])
    >>> shown = hide(odd, Hidden(frozenset({"born", "mail"}), frozenset({"ada@example.org"}), True))
    >>> shown.saw, shown.rows
    ("the value '9999-99-99' stands alone", ('xxx@xxxxxxx.xxx',))
    """
    if not hidden.columns or finding.check == "personal_data_screen":  # it says forms and no values
        return finding
    about = _is_about(finding.about, hidden.columns)

    def quoted(match: re.Match[str]) -> str:
        text = match[1] if match[1] is not None else match[2]
        shown = text in hidden.names or not (about or text in hidden.texts or named_before(match))
        return match[0] if shown else match[0].replace(text, masked(text))

    def named_before(match: re.Match[str]) -> bool:
        before = match.string[: match.start()].rstrip()
        return any(re.search(rf"(?<!\w){re.escape(name)}$", before) for name in hidden.columns)

    def equal(match: re.Match[str]) -> str:
        named = any(match[1].strip().endswith(name) for name in hidden.columns)
        return f"{match[1]} {match[2]} {masked(match[3], len(match[3]))}" if named else match[0]

    rows = tuple(masked(row) if hidden.key or row in hidden.texts else row for row in finding.rows)
    evidence = {name: _leaf(value, hidden.texts) for name, value in finding.evidence.items()}
    if hidden.key and "remembered" in evidence:
        del evidence["remembered"]  # by key, which must not be kept
    if evidence.get("by") in hidden.columns:
        evidence.pop("groups", None)
    saw, expected = (_EQUAL.sub(equal, _QUOTED.sub(quoted, text)) for text in (finding.saw, finding.expected))
    if hidden.key:
        saw, expected = (_keyless(text) for text in (saw, expected))
        evidence = {name: _keys_gone(value) for name, value in evidence.items()}
    if about:
        saw, expected = (_unnumbered(text, hidden.names) for text in (saw, expected))
        evidence = {name: value for name, value in evidence.items() if name not in _VALUES}
        if isinstance(kept := evidence.get("hidden"), Mapping):
            evidence["hidden"] = {masked(str(name)): rows for name, rows in kept.items()}
    return replace(finding, saw=saw, expected=expected, rows=rows, evidence=evidence)


def without_values(text: str) -> str:
    """Return what was said of a personal column without its values: what is quoted, numbers and days.

    >>> without_values("3 of 20 values are like '12/31/99'; from 1931-12-23 to 4,155,552,126")
    "3 of 20 values are like '99/99/99'; from ####-##-## to #,###,###,###"
    """
    return _unnumbered(_QUOTED.sub(lambda m: m[0].replace(m[1] or m[2], masked(m[1] or m[2])), text), ())


def _is_about(about: str | None, columns: frozenset[str]) -> bool:
    """Return whether a finding is about one of the columns, alone or beside others."""
    return about is not None and (about in columns or not columns.isdisjoint(re.split(r", | and ", about)))


def _unnumbered(text: str, names: Iterable[str]) -> str:
    """Return a text with a # for each digit of numbers and days that count nothing; names of columns stay."""
    numbered = sorted((name for name in names if any(c.isdigit() for c in name)), key=len, reverse=True)
    named = re.compile("|".join(map(re.escape, numbered))) if numbered else None

    def number(match: re.Match[str]) -> str:
        counts = _COUNTED.match(text, match.end()) or _COUNTING.search(text, 0, match.start())
        kept = counts or {*re.findall(r"\d", match[0])} == {"9"}  # all nines: masked already
        return match[0] if kept or match.start() in inside else re.sub(r"\d", "#", match[0])

    inside = {at for m in named.finditer(text) for at in range(*m.span())} if named else set()
    return _NUMBER.sub(number, text)


def _keyless(text: str) -> str:
    """Return a text in which the keys of rows are masked.

    >>> _keyless("row 41 (key ada40@example.org): '3'")
    "row 41 (key xxx99@xxxxxxx.xxx): '3'"
    """
    return _KEY.sub(lambda match: f"(key {masked(match[1])})", text)


def _keys_gone(value: Any) -> Any:
    if isinstance(value, str):
        return _keyless(value)
    if isinstance(value, Mapping):
        return {name: _keys_gone(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_keys_gone(inner) for inner in value]
    return value


def _leaf(value: Any, texts: frozenset[str]) -> Any:
    if isinstance(value, str):
        return masked(value) if value in texts else value
    if isinstance(value, Mapping):
        return {_leaf(name, texts): _leaf(inner, texts) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_leaf(inner, texts) for inner in value]
    return value
