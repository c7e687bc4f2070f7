"""Values of personal columns are not shown in findings, whichever check made them: only how they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fieldguide.finding import Finding
from fieldguide.readiness.accessibility.privacy.cells import masked

_QUOTED = re.compile(r"'([^'\n]{1,200})'|\"([^\"\n]{1,200})\"")
_EQUAL = re.compile(r"(\w[\w .-]*?) = ([^;,()\n]+)")


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

    >>> from fieldguide.readiness.checks import found
    >>> odd = found("wild_values", "fail", "the value '1815-12-10' stands alone", "born", rows=["ada@example.org"])
    >>> shown = hide(odd, Hidden(frozenset({"born", "mail"}), frozenset({"ada@example.org"}), True))
    >>> shown.saw, shown.rows
    ("the value '9999-99-99' stands alone", ('xxx@xxxxxxx.xxx',))
    """
    if not hidden.columns:
        return finding
    about = finding.about in hidden.columns

    def quoted(match: re.Match[str]) -> str:
        text = match[1] if match[1] is not None else match[2]
        shown = text in hidden.names or not (about or text in hidden.texts)
        return match[0] if shown else match[0].replace(text, masked(text))

    def equal(match: re.Match[str]) -> str:
        named = any(match[1].strip().endswith(name) for name in hidden.columns)
        return f"{match[1]} = {masked(match[2])}" if named else match[0]

    rows = tuple(masked(row) if hidden.key or row in hidden.texts else row for row in finding.rows)
    evidence = {name: _leaf(value, hidden.texts) for name, value in finding.evidence.items()}
    if hidden.key and "remembered" in evidence:
        del evidence["remembered"]  # by key, which must not be kept
    saw = _EQUAL.sub(equal, _QUOTED.sub(quoted, finding.saw))
    return replace(finding, saw=saw, rows=rows, evidence=evidence)


def _leaf(value: Any, texts: frozenset[str]) -> Any:
    if isinstance(value, str):
        return masked(value) if value in texts else value
    if isinstance(value, Mapping):
        return {_leaf(name, texts): _leaf(inner, texts) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_leaf(inner, texts) for inner in value]
    return value
