"""What only people can answer, and what they have answered.

A question is answered by what the program file declares, or by a named person in the ledger (`confirm`).
What nobody has answered is unknown, which ranks below a failure (FACTS 1.2, 16). A named person may also
let a check pass that does not (`waive`). Answers and waivers can have an end; after it they do not count.
"""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from fieldguide.errors import UsageError
from fieldguide.finding import Finding
from fieldguide.program import Feature, Question, Source
from fieldguide.readiness.accessibility.privacy.kinds import declares_none, of_organizations
from fieldguide.readiness.checks import CHECKS, check, found


@dataclass(frozen=True)
class Answer:
    """A named person's answer to a human question.

    `about` is the column or the joined source that it is about, None for all of them; `because` is the
    answer itself, or the reason; `until` is when it expires.
    """

    check: str
    by: str
    at: datetime
    about: str | None = None
    because: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Waiver:
    """A named person lets a check pass that does not: for one column (`about`) or for all (None)."""

    check: str
    by: str
    at: datetime
    about: str | None = None
    because: str = ""
    until: datetime | None = None


def end_of(day: date) -> datetime:
    """Return until when something counts that counts until a day: its last moment, in UTC.

    One meaning of a day everywhere: of an answer, a waiver and a permission the last day counts.

    >>> end_of(date(2027, 6, 30)).isoformat()
    '2027-06-30T23:59:59.999999+00:00'
    """
    return datetime.combine(day, time.max, UTC)


def valid(record: Answer | Waiver, now: datetime) -> bool:
    """Return whether an answer or a waiver counts at `now`: given by then, and not expired."""
    return record.at <= now and (record.until is None or now < record.until)


def covers(record: Answer | Waiver, check: str, about: str | None) -> bool:
    """Return whether an answer or a waiver speaks of this check and this column (or source)."""
    return record.check == check and record.about in (None, about)


def answerable(name: str) -> None:
    """Raise UsageError unless the check is one that people answer.

    >>> answerable("wild_values")
    Traceback (most recent call last):
    fieldguide.errors.UsageError: 'wild_values' is found by the machine and cannot be confirmed; waive it, or ...
    """
    if check(name).kind == "human":
        return
    found = "found by the machine" if check(name).kind == "machine" else "found by a later step"
    human = ", ".join(c.id for c in CHECKS.values() if c.kind == "human")
    raise UsageError(
        f"{name!r} is {found} and cannot be confirmed; waive it, or {CHECKS[name].next}. To confirm: {human}."
    )


@dataclass(frozen=True)
class Personal:
    """What is known of persons in a source before anyone is asked.

    `declared` is what was said of personal data (None: nothing), `found` are the kinds that the values look like,
    `persons` says that the rows are about persons, named or not. `read` is False where no rows could be looked at.
    `told` names the kinds with the columns that hold them, `columns` is how many those are.
    """

    declared: str | None = None
    found: tuple[str, ...] = ()
    persons: bool = False
    read: bool = True
    told: str = ""
    columns: int = 0


def said_of_persons(
    source: Source, answers: Sequence[Answer], now: datetime, name: str | None = None
) -> str | None:
    """Return what is said of personal data: in the program file, or by a person whose answer counts now.

    >>> said_of_persons(Source("x.csv", personal_data="none"), [], datetime(2024, 1, 1))
    'none'
    """
    if source.personal_data and source.personal_data.strip():
        return source.personal_data
    given = _latest(a for a in answers if covers(a, "personal_data", name) and valid(a, now))
    return given.because.strip() or None if given is not None else None


def of_source(
    source: Source,
    answers: Sequence[Answer],
    now: datetime,
    name: str | None = None,
    personal: Personal | None = None,
) -> list[Finding]:
    """Return what is answered about a source: owner, license, purpose, personal data, legal basis, ethics.

    `name` is that of a joined source, None for the main one. `personal` is what the rows and the declaration say of
    persons (left out: the declaration alone). A legal basis and a look at ethics are asked for where personal data are
    declared, or found where nothing is declared; where rows only describe persons, ethics is a note.
    """
    if personal is None:
        personal = Personal(said_of_persons(source, answers, now, name), read=False)
    by = _with_contact(source) or "its author"
    blanks = (
        ("owner", _with_contact(source)),
        ("license", source.license),
        ("purpose", source.purpose),
        ("personal_data", source.personal_data),
    )
    findings = [_answered(check_id, name, said, by, answers, now) for check_id, said in blanks]
    findings = [_terms(f, source) if f.check == "license" else f for f in findings]
    findings = [_suggested(f, personal) if f.check == "personal_data" else f for f in findings]
    findings.append(_legal_basis(source, answers, now, name, personal, by))
    findings.append(_ethics(source, answers, now, name, personal, by))
    return findings


_BASES = re.compile(
    r"\b(?:consent\w*|contract\w*|legitimate interests?|legal obligation|vital interests?|public (?:task|interest)|art(?:icle|\.)? ?[69]|"
    r"gdpr|dsgvo|rgpd|hipaa|einwilligung|consentement|consentimiento|samtycke)\b",
    re.IGNORECASE,
)
_NON_COMMERCIAL = re.compile(r"\bNC\b|non-?commercial|research only|no commercial", re.IGNORECASE)
_RESEARCH = re.compile(r"research|teaching|education|stud(?:y|ies)|non-?commercial|science", re.IGNORECASE)


def _terms(finding: Finding, source: Source) -> Finding:
    """Return the finding on the license, with a note where its terms may forbid the purpose."""
    terms, purpose = source.license or "", source.purpose or ""
    if not _NON_COMMERCIAL.search(terms) or not purpose.strip() or _RESEARCH.search(purpose):
        return finding
    todo = "ask the owner of the data whether the license allows this purpose"
    saw = f"{finding.saw}; the terms are non-commercial, and the purpose is {purpose.strip()!r}"
    return replace(finding, saw=saw, next=todo)


def _suggested(finding: Finding, personal: Personal) -> Finding:
    """Return the open question what the data hold of persons, with what was found in them as the likely answer."""
    if finding.verdict == "pass" or not personal.found:
        return finding
    many = f"{personal.columns} " if personal.columns else ""
    saw = f"{finding.saw}, and {many}columns look like personal data: {personal.told or ', '.join(personal.found)}"
    answer = ", ".join(personal.found)
    about = f" --about {shlex.quote(finding.about)}" if finding.about else ""
    todo = (
        f'if that is so, write Source(personal_data="{answer}"); or: fieldguide confirm P personal_data{about} '
        f"--by NAME --because {shlex.quote(answer)}"
    )
    return replace(finding, saw=saw, next=todo, evidence={**finding.evidence, "found": [*personal.found]})


def _legal_basis(
    source: Source, answers: Sequence[Answer], now: datetime, name: str | None, personal: Personal, by: str
) -> Finding:
    if personal.declared is not None and (
        declares_none(personal.declared) or of_organizations(personal.declared)
    ):
        return found("legal_basis", "pass", "declared to hold no personal data: none is needed", name)
    if personal.declared is None and not personal.found and not (source.legal_basis or "").strip():
        saw = "no personal data were found" if personal.read else "not needed unless there are personal data"
        return found("legal_basis", "pass", f"{saw}; what they hold is asked by personal_data", name)
    told = source.legal_basis
    if not (told or "").strip() and personal.declared and _BASES.search(personal.declared):
        told = personal.declared
    finding = _answered("legal_basis", name, told, by, answers, now)
    return _because_of(finding, personal)


def _ethics(
    source: Source, answers: Sequence[Answer], now: datetime, name: str | None, personal: Personal, by: str
) -> Finding:
    none = personal.declared is not None and declares_none(personal.declared)
    named = personal.declared is not None and not none and not of_organizations(personal.declared)
    asked = named or (personal.declared is None and bool(personal.found))
    if asked or (source.ethics or "").strip():
        return _because_of(_answered("ethics", name, source.ethics, by, answers, now), personal)
    if personal.persons:
        saw = (
            "the rows describe persons, though none is named: nobody has to have looked, but somebody should"
        )
        return found("ethics", "pass", saw, name, todo=CHECKS["ethics"].next)
    saw = (
        "the rows do not look like data about persons"
        if personal.read
        else "asked where rows are about persons"
    )
    return found("ethics", "pass", saw, name)


def _because_of(finding: Finding, personal: Personal) -> Finding:
    """Return an open question with the reason why it is asked."""
    if finding.verdict == "pass":
        return finding
    if personal.declared and not declares_none(personal.declared):
        why = f"the source is declared to hold personal data ({personal.declared.strip()})"
    else:
        more = f" and {len(personal.found) - 4} kinds more" if len(personal.found) > 5 else ""
        shown = personal.found[:4] if more else personal.found
        why = f"columns look like personal data ({', '.join(shown)}{more})"
    return replace(finding, saw=f"{finding.saw}: {why}")


def of_joins(source: Source, answers: Sequence[Answer], now: datetime) -> list[Finding]:
    """Return whether joined sources share a purpose: different ones need a person (FACTS 1.1, 10)."""
    if not source.joins:
        return [found("shared_purpose", "pass", "no source is joined")]
    told = (source.purpose, *(join.source.purpose for join in source.joins))
    given = {purpose.strip() for purpose in told if purpose and purpose.strip()}
    if len({purpose.casefold() for purpose in given}) < 2:
        saw = f"one purpose: {next(iter(given))}" if given else "no purpose declared, so no two that differ"
        return [found("shared_purpose", "pass", saw)]
    answered = _answered("shared_purpose", None, None, "", answers, now)
    if answered.verdict == "pass":
        return [answered]
    saw = f"the joined sources were given for different purposes: {'; '.join(sorted(given))}"
    return [found("shared_purpose", "unknown", saw)]


def of_measurement(source: Source, answers: Sequence[Answer], now: datetime) -> list[Finding]:
    """Return whether it is known, or accepted as not known, how the rows were chosen and measured."""
    return [_answered("measurement_limits", None, source.sampling, declared_by(source), answers, now)]


def of_columns(
    features: Sequence[Feature], answers: Sequence[Answer], now: datetime, by: str
) -> list[Finding]:
    """Return what is answered about columns: meaning and, for numbers, unit. `by` is who declared them.

    A column that is named twice (as a feature and as an input) is described when one of them is. A computed
    feature is described by its function's docstring if by nothing else.
    """
    merged: dict[str, tuple[str, str | None, str]] = {}
    for f in features:
        about, unit, _ = merged.get(f.name, ("", None, ""))
        told = f.about.strip() or (_first_line(inspect.getdoc(f.of)) if f.of is not None else "")
        merged[f.name] = (about or told, unit or _unit(f), f.kind)
    findings = [
        _answered("described", name, about, by, answers, now) for name, (about, _, _) in merged.items()
    ]
    numbers = [(name, unit) for name, (_, unit, kind) in merged.items() if kind == "number"]
    units = [_answered("units", name, unit, by, answers, now) for name, unit in numbers]
    return findings + (units or [found("units", "pass", "no numbers")])


def of_question(question: Question, answers: Sequence[Answer], now: datetime, by: str) -> list[Finding]:
    """Return whether question, row and decision are stated. `by` is who declared them."""
    asked = question.ask.strip() if question.one_row_is.strip() else ""
    posed = f"{asked} One row is {question.one_row_is.strip()}." if asked else None
    return [
        _answered("question", None, posed, by, answers, now),
        _answered("decision", None, question.decision, by, answers, now),
    ]


def declared_by(source: Source) -> str:
    """Return who answers for what the program file declares."""
    return _with_contact(source) or "its author"


def _answered(
    name: str, about: str | None, said: str | None, by: str, answers: Sequence[Answer], now: datetime
) -> Finding:
    if said and said.strip():
        who = "" if said == by else f" by {by}"
        return found(name, "pass", f"declared in the program file{who}: {said.strip()}", about)
    given = [a for a in answers if covers(a, name, about)]
    current = _latest(a for a in given if valid(a, now))
    if current is not None:
        because = f": {current.because}" if current.because else ""
        saw = f"confirmed by {current.by} on {current.at:%Y-%m-%d}{because}"
        evidence = {"until": current.until.isoformat()} if current.until is not None else {}
        return found(name, "pass", saw, about, evidence=evidence)
    saw = "not answered"
    expired = _latest(a for a in given if a.until is not None and a.until <= now)
    if expired is not None:
        saw = f"the answer of {expired.by} expired on {expired.until:%Y-%m-%d}"
    column = f" --about {shlex.quote(about)}" if about else ""
    todo = f"{CHECKS[name].next}; or: fieldguide confirm P {name}{column} --by NAME --because ANSWER"
    return found(name, "unknown", saw, about, todo=todo)


def _latest(answers: Iterable[Answer]) -> Answer | None:
    return max(answers, key=lambda a: a.at, default=None)


def _with_contact(source: Source) -> str | None:
    if source.owner and source.owner.strip():
        return f"{source.owner} <{source.owner_contact}>" if source.owner_contact else source.owner
    return None


def _unit(feature: Feature) -> str | None:
    unit: str | None = getattr(feature, "unit", None)
    return unit.strip() if unit and unit.strip() else None


def _first_line(text: str | None) -> str:
    return text.strip().splitlines()[0] if text and text.strip() else ""
