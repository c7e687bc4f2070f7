"""The checks of single cells and of rows that resemble each other (band B)."""

from __future__ import annotations

from fieldguide.readiness.check import Check

CHECKS: tuple[Check, ...] = ()
