"""The proof of a neutral launch: the identities that hold at any base rate, on what was served."""

from __future__ import annotations

from fieldguide.finding import Finding
from fieldguide.ledger.records import Release
from fieldguide.program import Program
from fieldguide.steps.home import Home


def neutral_proof(home: Home, program: Program, release: Release) -> list[Finding]:
    """Return the findings of the identities (DESIGN 7) on the answers of a neutral release."""
    raise AssertionError("written below")
