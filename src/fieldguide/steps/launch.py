"""Launch and rollback: exactly one change at a time, the first one neutral."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldguide.errors import GateError, UsageError, suggest
from fieldguide.finding import Finding, from_json
from fieldguide.learning import load
from fieldguide.ledger import records, rules
from fieldguide.monitoring import proven
from fieldguide.program import Change, Program, fingerprint, named
from fieldguide.program import changes as program_changes
from fieldguide.readiness.answers import valid
from fieldguide.readiness.grade import failing
from fieldguide.readiness.levels import at_least
from fieldguide.steps.home import DEFAULT, Home, at_home, name_of, system_clock
from fieldguide.steps.level import standing
from fieldguide.steps.proof import neutral_proof


def launch(
    program: Program,
    *,
    fitted: str | None = None,
    by: str = "",
    because: str = "",
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
) -> records.Release:
    """Put the next legal release in service, or the fitted model that `fitted` names (an id or its beginning).

    The first release is the neutral one: the constant of the last fit. Raises GateError where a gate is
    shut (it names what is missing, or the second change), UsageError for an unknown id.
    """
    place = at_home(home)
    ledger, name = place.ledger(), name_of(program)
    releases = records.read_releases(ledger, name)
    candidate, fit = _candidate(place, ledger, program, releases, fitted)
    rules.check_whole(candidate)
    current = _current(releases)
    now = now or system_clock()
    whole = standing(ledger, name, fit.fingerprint, now=now, instead=[_own_evidence(fit)])
    if whole is None:
        raise GateError(
            f"{name} has no grade for what {fit.fitted} was fitted on. Fit it again: fieldguide fit P"
        )
    waivers = [w for w in records.read_answers(ledger, name)[1] if valid(w, now)]
    proof: list[Finding] = []
    if current is not None and not candidate.neutral and all(r.model == "Mean" for r in releases):
        proof = neutral_proof(place, program, current)
    changed = rules.check_launch(
        candidate,
        releases=releases,
        current_manifest=manifest_of(place, current.fitted) if current else None,
        failing=failing(whole),
        level=whole.level,
        reached_a2=at_least(whole.level, "A2"),
        proof=proof,
        proven=proven(proof),
        waivers=waivers,
    )
    release = records.Release(
        at=records.stamp(now),
        program=name,
        number=len(releases) + 1,
        fitted=candidate.fitted,
        model=candidate.model,
        changes=changed,
        by=by,
        because=because,
    )
    _write(ledger, release, "replaced")
    return release


def rollback(
    program: Program,
    *,
    by: str = "",
    because: str = "",
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
) -> records.Release:
    """Put the release before the current one back in service.

    Raises GateError when there is none before it.
    """
    place = at_home(home)
    ledger, name = place.ledger(), name_of(program)
    releases = records.read_releases(ledger, name)
    current = _current(releases)
    if current is None:
        raise GateError(
            f"{name} has no release in service, so nothing can be rolled back. Launch one: fieldguide launch P"
        )
    base = current.restores or current.number
    before = [r for r in releases if r.number < base and r.restores is None and r.ending != "rolled back"]
    if not before:
        raise GateError(f"Release {base} of {name} is its first, so there is none to go back to.")
    target = before[-1]
    release = records.Release(
        at=stamp_now(now),
        program=name,
        number=len(releases) + 1,
        fitted=target.fitted,
        model=target.model,
        changes=(f"rollback to release {target.number}",),
        by=by,
        because=because,
        restores=target.number,
    )
    _write(ledger, release, "rolled back")
    return release


def changes(
    program: Program, a: int | None = None, b: int | None = None, *, home: str | Path | Home = DEFAULT
) -> tuple[str, ...]:
    """Return what differs between releases `a` and `b`; left out: between the current release and the file.

    Raises UsageError for a release that does not exist.
    """
    place = at_home(home)
    releases = {r.number: r for r in records.read_releases(place.ledger(), name_of(program))}
    if a is None:
        current = _current(list(releases.values()))
        if current is None:
            raise UsageError("There is no release to compare with. Launch one: fieldguide launch P")
        served = _served_program(place, current.fitted)
        return tuple(str(change) for change in _only_behavior(program_changes(served, program)))
    numbers = [a, b if b is not None else max(releases, default=a)]
    for number in numbers:
        if number not in releases:
            raise UsageError(
                f"There is no release {number}; there are: {', '.join(map(str, releases)) or 'none yet'}."
            )
    before, after = (manifest_of(place, releases[number].fitted) for number in numbers)
    return rules.differences(before, after)


def _write(ledger: sa.Engine, release: records.Release, ending: str) -> None:
    try:
        records.write_release(ledger, release, ending=ending)
    except sa.exc.IntegrityError:
        raise GateError(
            f"Another release {release.number} of {release.program} was put in service just now; look at it, then try again."
        ) from None


def manifest_of(home: Home, fitted: str) -> dict[str, Any]:
    """Return the manifest of a fitted model in this home.

    Raises UsageError when its folder is gone.
    """
    path = home.fitted / fitted / "manifest.json"
    if not path.is_file():
        raise UsageError(
            f"The fitted model {fitted} is not in {home.fitted}; bring its folder back, or fit again: fieldguide fit P"
        )
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def stamp_now(now: datetime | None) -> str:
    """Return `now`, or the time of the system's clock, as the ledger writes it."""
    return records.stamp(now or system_clock())


def _served_program(home: Home, fitted: str) -> Program:
    return load(home.fitted / fitted).program


def _only_behavior(found: tuple[Change, ...]) -> tuple[Change, ...]:
    models = [change for change in found if change.knob == "model"]
    if models and models[0].before.split("(")[0] != models[0].after.split("(")[0]:
        return tuple(change for change in found if change.knob not in ("objective", "prior", "optimizer"))
    return found


def _current(releases: list[records.Release]) -> records.Release | None:
    serving = [release for release in releases if release.ended is None]
    return serving[-1] if serving else None


def _candidate(
    home: Home, ledger: sa.Engine, program: Program, releases: list[records.Release], wanted: str | None
) -> tuple[rules.Candidate, records.FitRecord]:
    name = name_of(program)
    fits = records.read_fits(ledger, name)
    if not fits:
        raise GateError(
            f"{name} has not been fitted yet, so there is nothing to launch. Fit it: fieldguide fit P"
        )
    if wanted is not None:
        matching = [fit for fit in fits if fit.fitted.startswith(wanted)]
        if len({fit.fitted for fit in matching}) != 1:
            known = sorted({fit.fitted for fit in fits})
            raise UsageError(
                f"{'No' if not matching else 'More than one'} fitted model of {name} begins with {wanted!r}."
                f"{suggest(wanted, known)} There are: {', '.join(f'{f.fitted} ({f.model})' for f in fits[-8:])}."
            )
        fit = matching[-1]
    else:
        last = [each for each in fits if each.at == fits[-1].at]
        neutral = [each for each in last if each.model == "Mean"]
        if last[-1].climb.get("program") not in (None, fingerprint(named(program))):
            raise GateError(
                f"The file of {name} has changed since its last fit, so what would be launched is not what it says. Fit it "
                "again: fieldguide fit P; or name the one to launch: --fitted ID."
            )
        fit = neutral[-1] if not releases else next((each for each in last if each.chosen), neutral[-1])
    manifest: Mapping[str, Any] = manifest_of(home, fit.fitted)
    return rules.Candidate(fitted=fit.fitted, model=fit.model, manifest=manifest), fit


def _own_evidence(fit: records.FitRecord) -> Finding:
    """Return whether this very rung beat the mean: what its own climb found of it."""
    found = from_json(fit.climb["finding"])
    rung = next(each for each in fit.climb["rungs"] if each["fitted"] == fit.fitted)
    if rung["taken"] or fit.model == "Mean":
        return found
    return replace(found, verdict="fail", saw=f"{fit.model} {rung['reason']}", blocks="A2")
