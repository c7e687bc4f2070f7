"""Finding: what any check says, when grading and when monitoring.

One check says one thing about one column (or about the rows as a whole): what it saw, what it
expected, and what to do next. A diagnosis is added when the cause of a change could be named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True)
class Diagnosis:
    """The likeliest cause of a change between two sets of rows (DESIGN 13: a closed list).

    `factor` and `offset` describe new = factor · old + offset; `first_row` is the number of the first
    affected row in the journal (1, 2, 3 …), `since` its time (ISO 8601), `share` the share of the rows
    from there on that are affected (0 … 1).
    """

    cause: str | None
    factor: float | None = None
    offset: float | None = None
    first_row: int | None = None
    since: str | None = None
    share: float | None = None


@dataclass(frozen=True)
class Finding:
    """What one check says.

    `about` is a column, or None for the rows as a whole; `rows` are at most ten keys or places to look
    at; `blocks` is the level that the finding keeps from (None when it passes); `evidence` holds small
    JSON-able values such as a picture of the column before and after. What is told of one thing is told in the
    singular, whatever number the check had in mind (`agreed`).
    """

    check: str
    level: str
    verdict: Verdict
    about: str | None = None
    saw: str = ""
    expected: str = ""
    rows: tuple[str, ...] = ()
    next: str = ""
    blocks: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict, hash=False)
    diagnosis: Diagnosis | None = None

    def __post_init__(self) -> None:
        for text in ("saw", "expected", "next"):
            object.__setattr__(self, text, agreed(getattr(self, text)))
        object.__setattr__(self, "rows", tuple(str(row) for row in self.rows)[:10])
        if self.verdict == "pass":
            object.__setattr__(self, "blocks", None)
        elif self.blocks is None:
            object.__setattr__(self, "blocks", self.level)


_THINGS = (
    "answers|bytes|cells|characters|checks|clusters|codes|columns|combinations|copies|days|dates|deliveries|digits|entities|"
    "features|files|findings|gradings|groups|hours|instants|keys|kinds|labels|lines|minutes|months|names|numbers|outcomes|"
    "pairs|parts|patterns|periods|places|points|questions|readings|records|rows|seconds|sheets|sources|stretches|tables|"
    "texts|things|times|units|values|waivers|weeks|weights|windows|words|years"
)
_VERBS = {
    "are": "is", "were": "was", "have": "has", "do": "does", "lie": "lies", "hold": "holds", "differ": "differs",
    "repeat": "repeats", "come": "comes", "look": "looks", "equal": "equals", "share": "shares", "stand": "stands",
    "belong": "belongs", "contradict": "contradicts", "break": "breaks", "end": "ends", "begin": "begins",
}  # fmt: skip
_ONE = re.compile(
    r"(?<![\w.,:/-])(?<!and )(?<!or )1 (?:(?P<how>distinct|different|labeled|other|equal|earlier|unreadable|suspect|missing) )?"
    rf"(?P<things>{_THINGS})(?: or (?P<others>{_THINGS}))?(?![\w-])(?: (?P<verb>{'|'.join(_VERBS)})(?!\w))?"
)
_AS_THEY_ARE = re.compile(r"""('[^']*'|"[^"]*"|`[^`]*`|fieldguide [^\n;]*)""")
"""What is quoted, and commands: names and values of the user's own."""
_ONE_OF = re.compile(
    rf"(?<![\w.,:/-])(1 of (?:the )?[\d,]+ (?:\w+ )?(?:{_THINGS})(?: \([^()]*\))?) ({'|'.join(_VERBS)})(?!\w)"
)


def agreed(text: str) -> str:
    """Return a text in which the nouns and verbs that follow a 1 are in the singular; quotations and commands stay.

    >>> agreed("1 rows hold -999 (1 of 11 columns are empty); 1 lines or values could not be read, 21 rows hold 0.1 units")
    '1 row holds -999 (1 of 11 columns is empty); 1 line or value could not be read, 21 rows hold 0.1 units'
    """
    if "1 " not in text:
        return text
    parts = _AS_THEY_ARE.split(text)  # every second one is left as it is
    return "".join(part if i % 2 else _told_of_one(part) for i, part in enumerate(parts))


def _told_of_one(text: str) -> str:
    return _ONE_OF.sub(lambda found: f"{found[1]} {_VERBS[found[2]]}", _ONE.sub(_in_singular, text))


def _in_singular(found: re.Match[str]) -> str:
    told = [_singular(found[name]) for name in ("things", "others") if found[name]]
    how, verb = found["how"], found["verb"]
    return f"1 {f'{how} ' if how else ''}{' or '.join(told)}{f' {_VERBS[verb]}' if verb else ''}"


def _singular(noun: str) -> str:
    """Return the singular of one of the nouns above."""
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-2] if noun.endswith("ches") else noun[:-1]


def to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as a flat dictionary, as `--json` prints it.

    A finding without a diagnosis has no keys `cause`, `factor`, `offset`, `first_row`, `since`, `share`.
    """
    flat: dict[str, Any] = {
        "check": finding.check,
        "about": finding.about,
        "level": finding.level,
        "verdict": finding.verdict,
        "blocks": finding.blocks,
        "saw": finding.saw,
        "expected": finding.expected,
        "rows": list(finding.rows),
        "next": finding.next,
        "evidence": dict(finding.evidence),
    }
    if finding.diagnosis is not None:
        d = finding.diagnosis
        flat |= {
            "cause": d.cause,
            "factor": d.factor,
            "offset": d.offset,
            "first_row": d.first_row,
            "since": d.since,
            "share": d.share,
        }
    return flat


def from_json(flat: Mapping[str, Any]) -> Finding:
    """Return the finding that `to_json` flattened."""
    diagnosis = None
    if "cause" in flat:
        diagnosis = Diagnosis(
            cause=flat["cause"],
            factor=flat.get("factor"),
            offset=flat.get("offset"),
            first_row=flat.get("first_row"),
            since=flat.get("since"),
            share=flat.get("share"),
        )
    return Finding(
        check=flat["check"],
        level=flat["level"],
        verdict=flat["verdict"],
        about=flat.get("about"),
        saw=flat.get("saw", ""),
        expected=flat.get("expected", ""),
        rows=tuple(flat.get("rows", ())),
        next=flat.get("next", ""),
        blocks=flat.get("blocks"),
        evidence=flat.get("evidence", {}),
        diagnosis=diagnosis,
    )
