"""What is said of personal data: what was found against what is declared. Values are never shown, only their form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.accessibility.privacy.cells import masked
from fieldguide.readiness.accessibility.privacy.column import PERSONAL, Match
from fieldguide.readiness.accessibility.privacy.kinds import KINDS, declares, declares_none
from fieldguide.readiness.accessibility.privacy.table import Looked
from fieldguide.readiness.checks import found

_HOW = {
    "form": "by their form",
    "name": "by the column's name",
    "list": "by lists of names",
    "dates": "by the years that they spread over",
    "text": "inside longer texts",
    "presidio": "by Presidio's recognizers",
}
_SECRET = frozenset(("password", "secret", "username", "card_code"))


def personal_data_screen(looked: Looked, declared: str | None, name: str | None = None) -> list[Finding]:
    """C2: columns that hold personal data, and whether the declaration names them.

    `looked` is what was found, `declared` what is said of the source (None: nothing), `name` that of a joined source.
    Declared to hold none: each column found fails. Declared to hold some: a kind that is not named is
    unknown. Nothing declared: what was found is told, and the check passes; the question itself is `personal_data`.
    """
    findings = [_column(column, match, looked, declared, name) for column, match in looked.found.items()]
    if not findings:
        saw = f"{looked.columns} columns looked at: none holds what looks like personal data"
        if looked.persons:
            saw += "; the rows are about persons all the same, told by what describes them"
        findings.append(found("personal_data_screen", "pass", saw, name))
    return findings


def personal_data_hints(looked: Looked, name: str | None = None) -> list[Finding]:
    """C2: what cannot be decided from the values: below 5 % of a column, free text, numbers that single out rows.

    Always passes: it says where a person should look.
    """
    findings = []
    for column, match in looked.hints:
        if match.share < PERSONAL:
            share = f"{match.share:.1%} of the distinct values look like {match.words}"
            saw = f"{share} ({_HOW[match.by]}): too few to call the column personal"
            findings.append(_hint(saw, column, "look at them: are they about persons?", match))
    whole = [(column, match) for column, match in looked.hints if match.share >= PERSONAL]
    for kind in dict.fromkeys(match.kind for _, match in whole):
        names = tuple(column for column, match in whole if match.kind == kind)
        saw = f"{KINDS[kind].words} in {_listed(names)}; nothing else says that the table is about persons"
        findings.append(_hint(saw, name, "personal if they are where persons live or go: say so then"))
    if looked.texts:
        saw = f"free text may hold anything that people write, also names: {_listed(looked.texts)}"
        findings.append(
            _hint(saw, name, "ask what people write there; take the text out if it is not needed")
        )
    if looked.identifiers:
        saw = f"nearly every row has its own value in {_listed(looked.identifiers)}"
        if looked.persons:
            todo = 'they stand for persons: write Source(personal_data="…, pseudonymous id"), or replace them'
            findings.append(_hint(f"{saw}: a pseudonym, in a table about persons", name, todo))
        else:
            findings.append(_hint(f"{saw}; personal only where a row is a person", name, ""))
    return findings or [found("personal_data_hints", "pass", "nothing below the bar, no free text", name)]


def undeclared(looked: Looked, declared: str | None) -> tuple[str, ...]:
    """Return the kinds that were found and that the declaration does not name, in words."""
    if declared is None:
        return ()
    kinds = looked.kinds
    if not declares_none(declared):
        kinds = tuple(kind for kind in kinds if not declares(declared, kind))
    return tuple(KINDS[kind].words for kind in kinds)


def _column(column: str, match: Match, looked: Looked, declared: str | None, name: str | None) -> Finding:
    place = "" if name is None else f"{name}: "
    said = declared is not None and declared.strip() != ""
    saw = f"{place}{_share(match)} look like {match.words} ({_HOW[match.by]})"
    if match.examples and match.kind not in _SECRET:
        saw += f", written as {masked(match.examples[0])}"
    others = looked.more.get(column, ())
    saw += "".join(f"; {_share(one)} look like {one.words}" for one in others)
    evidence: dict[str, Any] = {
        "personal": True,
        "kind": KINDS[match.kind].words,
        "share": round(match.share, 4),
        "by": match.by,
    }
    if match.what:
        evidence["what"] = match.what
    verdict: Verdict = "pass"
    todo = ""
    if said and declares_none(declared):
        verdict, saw = "fail", f"{saw}, and the source is declared to hold no personal data"
        todo = f"take the column out of the source, or write {_declaration(looked)}{_or_an_office(match, looked)}"
    elif said and any(not declares(str(declared), one.kind) for one in (match, *others)):
        verdict = "unknown"
        saw = f"{saw}, which Source(personal_data={declared!r}) does not name"
        missing = [one.kind for one in (match, *others) if not declares(str(declared), one.kind)]
        words = " and ".join(KINDS[kind].words for kind in missing)
        todo = f"add {words!r} to Source(personal_data=…), or take the column out of the source"
    expected = "every kind of personal data that the columns hold is declared"
    return found(
        "personal_data_screen", verdict, saw, column, todo=todo, evidence=evidence, expected=expected
    )


def _share(match: Match) -> str:
    if match.share >= 0.995:
        return "all distinct values"
    return f"{match.share:.0%} of the distinct values"


def _declaration(looked: Looked) -> str:
    words = dict.fromkeys(KINDS[kind].words for kind in looked.kinds)
    return f'Source(personal_data="{", ".join(words)}", legal_basis=…, ethics=…)'


def _or_an_office(match: Match, looked: Looked) -> str:
    if looked.persons or match.kind not in ("email", "phone", "bank_account", "ip"):
        return ""
    return f' (or personal_data="{KINDS[match.kind].words} of organizations", if that is whose they are)'


def _hint(saw: str, about: str | None, todo: str, match: Match | None = None) -> Finding:
    evidence: Mapping[str, Any] = {}
    if match is not None:
        evidence = {"kind": KINDS[match.kind].words, "share": round(match.share, 4), "by": match.by}
    return found("personal_data_hints", "pass", saw, about, todo=todo, evidence=evidence)


def _listed(names: tuple[str, ...], most: int = 6) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
