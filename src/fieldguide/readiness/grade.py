"""level_of: findings in, the level out. Pure: it reads neither data nor clock nor ledger.

The grade is the highest level whose own and all lower checks hold. A check holds when there are findings
of it, and each passes or is waived by a named person. A check without a finding is unknown; unknown ranks
below fail and never raises a grade (FACTS 1.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldguide.finding import Finding, Verdict, to_json
from fieldguide.readiness.answers import Waiver, covers, valid
from fieldguide.readiness.checks import CHECKS, found
from fieldguide.readiness.levels import LEVELS, RANK, checks_of, level

_RANKS: Mapping[Verdict, int] = {"unknown": 0, "fail": 1, "pass": 2}


@dataclass(frozen=True)
class Evidence:
    """A finding with what it is about and how long it counts, as the ledger keeps it.

    `extent` is the hash of the rows that were looked at and `code` the hash of the checks that looked;
    None means that the finding does not depend on it. `until` is when it expires.
    """

    finding: Finding
    at: datetime
    until: datetime | None = None
    extent: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class Grade:
    """The level that was reached, and why not the next.

    `held_back_by` are the findings that keep from the next level, failures first; empty at A1. `findings`
    are all, in the order of the levels, with one "not checked yet" for each check that has no finding.
    `waived` are those that do not pass and are let pass, each with its waiver.
    """

    level: str
    held_back_by: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    waived: tuple[tuple[Finding, Waiver], ...] = ()

    @property
    def next_level(self) -> str | None:
        """The level that is held back, None at the highest."""
        rank = RANK[self.level] + 1
        return LEVELS[rank].name if rank < len(LEVELS) else None


def current(
    evidence: Iterable[Evidence], now: datetime, extent: str | None = None, code: str | None = None
) -> tuple[Finding, ...]:
    """Return the findings that count at `now`, for these rows and these checks.

    Left out: what was found later, what has expired, what is about other rows than `extent` or was found by
    other checks than `code`. `extent` or `code` None accept any.
    """

    def counts(e: Evidence) -> bool:
        if e.at > now or (e.until is not None and e.until <= now):
            return False
        if extent is not None and e.extent not in (None, extent):
            return False
        return code is None or e.code in (None, code)

    return tuple(e.finding for e in evidence if counts(e))


def level_of(findings: Iterable[Finding], waivers: Sequence[Waiver], now: datetime) -> Grade:
    """Return the grade that the findings give.

    `findings` are those that count (see `current`); a finding whose check is not in the table (a monitor's)
    counts at the level it names. `waivers` that have expired at `now` do not count.

    >>> from datetime import UTC
    >>> level_of([Finding("registered", "C4", "pass")], [], datetime(2024, 1, 1, tzinfo=UTC)).level
    'C4'
    """
    given = list(findings)
    seen = {f.check for f in given}
    given += [found(name, "unknown", "not checked yet") for name in CHECKS if name not in seen]
    given.sort(key=_order)
    waived: list[tuple[Finding, Waiver]] = []
    open_: list[Finding] = []
    for f in given:
        if f.verdict == "pass":
            continue
        waiver = _waiver_for(f, waivers, now)
        if waiver is None:
            open_.append(f)
        else:
            waived.append((f, waiver))
    blocked = {f.level for f in open_}
    reached = -1
    for rank, one in enumerate(LEVELS):
        if one.name in blocked:
            break
        reached = rank
    ahead = LEVELS[reached + 1].name if reached + 1 < len(LEVELS) else None
    held = sorted((f for f in open_ if f.level == ahead), key=lambda f: -_RANKS[f.verdict])
    name = LEVELS[max(reached, 0)].name  # every data set starts at C4, whatever it lacks
    return Grade(name, tuple(held), tuple(given), tuple(waived))


def failing(grade: Grade, up_to: str = "A3") -> tuple[Finding, ...]:
    """Return the failures at or below a level that nobody waived: what the gate of `fit` refuses.

    Raises UsageError when `up_to` is no level.
    """
    rank = RANK[level(up_to).name]
    waived = {id(f) for f, _ in grade.waived}
    return tuple(
        f for f in grade.findings if f.verdict == "fail" and RANK[f.level] <= rank and id(f) not in waived
    )


def missing(grade: Grade, wanted: str) -> tuple[Finding, ...]:
    """Return everything between the grade and a level: what fails or is unknown at it or below, not waived."""
    rank = RANK[level(wanted).name]
    waived = {id(f) for f, _ in grade.waived}
    return tuple(
        f for f in grade.findings if f.verdict != "pass" and RANK[f.level] <= rank and id(f) not in waived
    )


def verdicts(grade: Grade) -> dict[str, Verdict]:
    """Return for each check in the table the worst of its findings' verdicts; waived findings pass."""
    waived = {id(f) for f, _ in grade.waived}
    worst: dict[str, Verdict] = {}
    for f in grade.findings:
        verdict: Verdict = "pass" if id(f) in waived else f.verdict
        if f.check not in worst or _RANKS[verdict] < _RANKS[worst[f.check]]:
            worst[f.check] = verdict
    return {name: worst[name] for name in CHECKS}


def grade_json(grade: Grade, program: str, question: str) -> dict[str, Any]:
    """Return the grade as `fieldguide grade --json` prints it.

    Keys: program, level, next_level, question, held_back_by (as findings), waived (findings with by,
    because and until), checks (verdict by check), findings.
    """
    return {
        "program": program,
        "level": grade.level,
        "next_level": grade.next_level,
        "question": question,
        "held_back_by": [to_json(f) for f in grade.held_back_by],
        "waived": [
            to_json(f) | {"by": w.by, "because": w.because, "until": w.until.isoformat() if w.until else None}
            for f, w in grade.waived
        ],
        "checks": verdicts(grade),
        "findings": [to_json(f) for f in grade.findings],
    }


def _order(f: Finding) -> tuple[int, int, int]:
    here = [c.id for c in checks_of(f.level)]
    place = here.index(f.check) if f.check in here else len(here)
    return RANK[f.level], place, -_RANKS[f.verdict]


def _waiver_for(f: Finding, waivers: Sequence[Waiver], now: datetime) -> Waiver | None:
    current = [w for w in waivers if covers(w, f.check, f.about) and valid(w, now)]
    return max(current, key=lambda w: w.at, default=None)
