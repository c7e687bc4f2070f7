"""Objectives: what a wrong answer costs. The mathematics is in `fieldguide.learning.objectives`."""

from __future__ import annotations

from typing import ClassVar

from fieldguide.program.declare import declaration


@declaration
class Objective:
    """Base of the objectives. `labels` are the kinds of label it goes with, `scale` what it predicts."""

    labels: ClassVar[tuple[str, ...]] = ()
    scale: ClassVar[str] = ""


@declaration
class LogLoss(Objective):
    """−y·ln p − (1−y)·ln(1−p), in nats; predicts a probability."""

    labels: ClassVar[tuple[str, ...]] = ("binary",)
    scale: ClassVar[str] = "probability"


@declaration
class SquaredError(Objective):
    """(y − prediction)²/2; predicts a mean amount."""

    labels: ClassVar[tuple[str, ...]] = ("numeric", "count")
    scale: ClassVar[str] = "amount"


@declaration
class Poisson(Objective):
    """rate − y·ln(rate); predicts an expected count."""

    labels: ClassVar[tuple[str, ...]] = ("count",)
    scale: ClassVar[str] = "rate"
