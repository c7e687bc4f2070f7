"""What holds for every declared value: frozen, comparable, and the order of the columns of a row."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import fieldguide.program as fg
from fieldguide.errors import FieldguideError, ProgramError
from fieldguide.finding import Diagnosis, Finding, from_json, to_json


def hour_of(seen_at: Any) -> float:
    """The decimal hour."""
    return float(seen_at.hour)


def rule(seconds: float, plan: str) -> float:
    """A first guess."""
    return 0.9 if plan == "paid" else min(seconds, 1.0)


def closed_over() -> Callable[[Any], Any]:
    limit = 3

    def above(seconds: float) -> bool:
        return seconds > limit

    return above


@functools.cache
def cached(seconds: float) -> float:
    return seconds


def test_a_program_is_frozen_and_equal_to_one_with_the_same_blanks(filled: Callable[..., fg.Program]) -> None:
    program = filled()
    assert program == filled()
    assert hash(program) == hash(filled())
    assert program != filled(seed=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        program.seed = 1  # type: ignore[misc]


def test_lists_become_tuples_that_a_variant_cannot_share(filled: Callable[..., fg.Program]) -> None:
    features: list[Any] = [fg.Number("seconds")]
    program = filled(features=features, inputs=[fg.Timestamp("seen_at", parts=["hour"])])
    features.append(fg.Category("plan"))
    assert program.features == (fg.Number("seconds"),)
    assert program.inputs[0].parts == ("hour",)  # type: ignore[attr-defined]
    assert fg.Source("a.csv", key=["day", "place"]).key == ("day", "place")
    assert isinstance(fg.Source("a.csv", joins=[]).joins, tuple)


def test_replace_keeps_the_name_and_the_file(filled: Callable[..., fg.Program]) -> None:
    program = filled(name="visits", file="/projects/visits.py", code={"visits.py": "x"})
    variant = dataclasses.replace(program, prior=fg.priors.NoPrior())
    assert (variant.name, variant.file, variant.code) == (program.name, program.file, program.code)
    assert variant != program


def test_the_file_of_a_program_is_the_one_that_wrote_it(filled: Callable[..., fg.Program]) -> None:
    assert filled().file is not None
    assert str(filled().file).endswith("conftest.py")


def test_blanks_that_are_left_out_come_with_the_model_and_the_label(
    filled: Callable[..., fg.Program],
) -> None:
    day = timedelta(days=1)
    assert filled().blanks() == fg.Blanks(
        fg.models.Linear(), fg.objectives.LogLoss(), fg.priors.Ridge(), fg.optimizers.Newton()
    )
    count = filled(label=fg.CountLabel("clicks", arrives_within=day), model=fg.models.Boosted())
    assert count.blanks() == fg.Blanks(
        fg.models.Boosted(), fg.objectives.Poisson(), fg.priors.NoPrior(), fg.optimizers.Own()
    )
    amount = filled(label=fg.NumericLabel("spent", arrives_within=day), model=fg.models.Mean())
    assert amount.blanks().objective == fg.objectives.SquaredError()


def test_a_row_holds_plain_features_then_inputs_then_what_was_shown(
    filled: Callable[..., fg.Program],
) -> None:
    program = filled(
        features=[
            fg.Presentation(fg.Category("position"), neutral="1"),
            fg.Timestamp("seen_at", parts=("weekday",)),
            fg.Number("hour", of=hour_of),
            fg.Category("plan"),
        ],
        inputs=[fg.Number("seconds"), fg.Timestamp("seen_at")],
        model=fg.models.Heuristic(rule),
    )
    assert [c.name for c in fg.raw_columns(program)] == ["seen_at", "plan", "seconds", "position"]
    assert [c.name for c in fg.computed_features(program)] == ["hour"]
    assert [p.name for p in fg.presentations(program)] == ["position"]
    assert fg.arguments(program, hour_of) == (0,)
    assert fg.arguments(program, rule) == (2, 1)


@pytest.mark.parametrize(
    "function", [lambda seconds: seconds, closed_over(), cached, len, fg.Number], ids=lambda f: str(f)[:20]
)
def test_a_computed_feature_is_a_def_at_the_top_of_a_file(function: Any) -> None:
    with pytest.raises(ProgramError, match="def"):
        fg.Number("a", of=function)


def test_data_frames_are_compared_by_identity_and_never_by_their_rows() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed here")
    frame, same = pandas.DataFrame({"a": [1.0]}), pandas.DataFrame({"a": [1.0]})
    assert fg.Source(frame) == fg.Source(frame)
    assert hash(fg.Source(frame)) == hash(fg.Source(frame))
    assert fg.Source(frame) != fg.Source(same)


def test_a_source_says_where_its_rows_are() -> None:
    assert fg.Source("visits.csv").place == "visits.csv"
    assert fg.Source(rule).place == "rule()"


def test_a_finding_survives_json_with_and_without_a_diagnosis() -> None:
    plain = Finding("units", "B3", "fail", "wind_speed", saw="1,048", expected="≤ 80", rows=("a", "b"))
    assert from_json(to_json(plain)) == plain
    named = dataclasses.replace(
        plain, diagnosis=Diagnosis("unit_factor", factor=0.447, first_row=12, share=1.0)
    )
    assert from_json(to_json(named)) == named
    assert to_json(named)["cause"] == "unit_factor"
    assert "cause" not in to_json(plain)


def test_a_finding_blocks_its_own_level_unless_it_passes() -> None:
    assert Finding("rows", "C3", "unknown").blocks == "C3"
    assert Finding("rows", "C3", "fail", blocks="C1").blocks == "C1"
    assert Finding("rows", "C3", "pass", blocks="C1").blocks is None


def test_a_finding_keeps_ten_rows_to_look_at() -> None:
    finding = Finding("rows", "C3", "fail", rows=tuple(range(30)))  # type: ignore[arg-type]
    assert finding.rows == tuple(str(n) for n in range(10))


def test_every_error_of_ours_carries_an_exit_code() -> None:
    def below(kind: type[FieldguideError]) -> list[type[FieldguideError]]:
        return [kind] + [k for child in kind.__subclasses__() for k in below(child)]

    assert {kind.exit_code for kind in below(FieldguideError)} == {2, 3, 4, 70}
