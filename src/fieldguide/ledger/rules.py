"""What may follow what: the legal moves of a release, and the gates of a launch.

Everything that decides whether a release is legal is in this file; it reads values and changes nothing.
The docs draw the two tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldguide.errors import GateError
from fieldguide.finding import Finding
from fieldguide.ledger.records import Release, stamp
from fieldguide.readiness.answers import Waiver

MOVES: dict[tuple[str, str], str] = {
    ("nothing", "launch neutral"): "neutral in service",
    ("neutral in service", "launch neutral"): "neutral in service",
    ("neutral in service", "launch learned"): "learned in service",
    ("learned in service", "launch learned"): "learned in service",
    ("learned in service", "launch neutral"): "neutral in service",
    ("learned in service", "rollback"): "the release before",
    ("neutral in service", "rollback"): "the release before",
}
"""(state, step) -> state. What is not here is refused."""

GATES: dict[str, str] = {
    "no_failing_findings": "No finding up to A3 fails; unknown ones are listed and block nothing here.",
    "neutral_first": "The first release predicts one constant, so that the plumbing is proven before anything learned.",
    "neutral_proven": "At least 200 neutral answers have matured outcomes, and the identities hold on them.",
    "reached_A2": "The grade of the program is A2: the model beats the mean on the next period.",
    "one_change": "A release differs from the one before it in exactly one chosen or ambient knob.",
}
"""Gate -> what must hold. A named person may waive one, on record, for the next launch only."""

CHOSEN = (
    "source",
    "window",
    "share",
    "features",
    "label",
    "model",
    "objective",
    "prior",
    "optimizer",
    "seed",
)
AMBIENT = "infrastructure"


@dataclass(frozen=True)
class Candidate:
    """A Fitted that wants to be launched: its id, model and manifest (knobs, window, share, environment)."""

    fitted: str
    model: str
    manifest: Mapping[str, Any]

    @property
    def neutral(self) -> bool:
        """Whether it predicts one constant."""
        return self.model == "Mean"


def state(releases: Sequence[Release]) -> str:
    """Return the state that a program's releases have led to."""
    current = [release for release in releases if release.ended is None]
    if not current:
        return "nothing"
    return "neutral in service" if current[-1].model == "Mean" else "learned in service"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the knobs in which two manifests differ, as sentences.

    The blanks of a new model count with it, and the data window of a new source with that: its rows are of
    other times, as those of a harvest. Ambient differences (libraries, Python, fieldguide, machine) are one
    knob, "infrastructure".
    """
    a, b = _knobs(before), _knobs(after)
    both = set(a[AMBIENT]) & set(b[AMBIENT])  # a library that only one of them uses comes with its model
    a[AMBIENT], b[AMBIENT] = ({key: one[AMBIENT][key] for key in sorted(both)} for one in (a, b))
    differing = [knob for knob in (*CHOSEN, AMBIENT) if a[knob] != b[knob]]
    if a["source"] != b["source"]:
        differing = [knob for knob in differing if knob != "window"]
    if _kind(a["model"]) != _kind(b["model"]):
        differing = [knob for knob in differing if knob not in ("objective", "prior", "optimizer")]
    found = [f"{knob}: {_shown(knob, a[knob], b[knob])}" for knob in differing]
    if not found and _content(before) != _content(after):
        found.append("window: the same span of time with other values in its rows")
    return tuple(found)


def check_whole(candidate: Candidate) -> None:
    """Raise GateError when a candidate was learned from a sample: it is exploratory, and nobody can waive that."""
    share = candidate.manifest.get("share", 1.0)
    if share < 1.0:
        raise GateError(
            f"{candidate.model} ({candidate.fitted}) was learned from a share of {share:g} of the rows, to explore: it cannot be "
            "launched. Fit all rows: fieldguide fit P; or name a model of an earlier fit of all rows: fieldguide launch P --fitted ID"
        )


def check_launch(
    candidate: Candidate,
    *,
    releases: Sequence[Release],
    current_manifest: Mapping[str, Any] | None,
    failing: Sequence[Finding],
    level: str,
    reached_a2: bool,
    proof: Sequence[Finding],
    proven: bool,
    waivers: Sequence[Waiver],
) -> tuple[str, ...]:
    """Return what changes with this launch; raise GateError where a gate that nobody waived is shut.

    `failing` are the failures of the current grade up to A3 that nobody waived, `proof` the findings of the neutral launch's
    identities (empty when nothing neutral has served) and `proven` whether they hold. A waiver of a gate holds for the next launch only.
    """
    since = releases[-1].at if releases else ""
    waived = {waiver.check for waiver in waivers if stamp(waiver.at) > since}

    def gate(name: str, shut: bool, message: str) -> None:
        if shut and name not in waived:
            raise GateError(
                f"{message} (gate {name}; a named person may waive it: fieldguide waive P {name} --by NAME --because …)"
            )

    gate("no_failing_findings", bool(failing), failing_text(failing))
    now = state(releases)
    step = "launch neutral" if candidate.neutral else "launch learned"
    if (now, step) not in MOVES:
        gate(
            "neutral_first",
            True,
            f"{candidate.model} cannot be launched: nothing neutral has run. The missing rung is Mean; launch it first: fieldguide launch P",
        )
    if not candidate.neutral and all(release.model == "Mean" for release in releases):
        gate("neutral_proven", not proven, _unproven(proof))
    if not candidate.neutral:
        gate(
            "reached_A2",
            not reached_a2,
            f"{candidate.model} cannot be launched at level {level}; A2 is needed. See what holds it back: fieldguide grade P",
        )
    if now == "nothing":
        return ("the first release",)
    changed = differences(current_manifest or {}, candidate.manifest)
    gate(
        "one_change",
        not changed,
        "Nothing differs from the release in service, so there is nothing to launch.",
    )
    gate(
        "one_change",
        len(changed) > 1,
        f"{len(changed)} things changed, one is allowed: {'; '.join(changed)}. Launch them one at a time, each in its own fit.",
    )
    return changed


def failing_text(failing: Sequence[Finding]) -> str:
    """Return a sentence about the first of some failing findings, and how many more there are."""
    if not failing:
        return ""
    first = failing[0]
    more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
    about = f" of {first.about}" if first.about else ""
    return f"{first.check}{about} fails{more}: {first.saw.rstrip('.')}. Next: {first.next.rstrip('.')}."


def _unproven(proof: Sequence[Finding]) -> str:
    if not proof:
        return "The neutral launch is not proven: it has given no answers with outcomes yet. Serve it, and send outcomes."
    worst = sorted((f for f in proof if f.verdict != "pass"), key=lambda f: f.verdict != "fail")
    return (
        f"The neutral launch is not proven: {worst[0].check}: {worst[0].saw.rstrip('.')}. Next: {worst[0].next.rstrip('.')}."
        if worst
        else ""
    )


def _knobs(manifest: Mapping[str, Any]) -> dict[str, Any]:
    chosen = dict(manifest.get("knobs", {}))
    rows = (manifest.get("rows") or {}).get("training")
    chosen["window"] = {**(manifest.get("window") or {}), "rows": rows}
    chosen["share"] = manifest.get("share", 1.0)
    chosen[AMBIENT] = manifest.get("environment") or {}
    return {knob: chosen.get(knob) for knob in (*CHOSEN, AMBIENT)}


def _content(manifest: Mapping[str, Any]) -> Any:
    """Return what tells the values learned from apart: the hash of their Summary."""
    return (manifest.get("files") or {}).get("summary.npz")


def _kind(model: Any) -> str:
    return str(model).split("(", 1)[0]


def _shown(knob: str, before: Any, after: Any) -> str:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        return ", ".join(f"{key} {before.get(key)} → {after.get(key)}" for key in keys)
    if knob == "features":
        gone = [f"without {item}" for item in before or () if item not in (after or ())]
        added = [f"with {item}" for item in after or () if item not in (before or ())]
        return ", ".join([*gone, *added]) or "in another order"
    return f"{before} → {after}"
