"""Several sources report the same things: the ones that are often right are believed, also against more of the others."""

from __future__ import annotations

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import columns_of
from fieldguide.readiness.faithfulness.cells.sources import believed, reports

from .worlds import Cells, Rows, accused, measured, table


def reported(
    r: np.random.Generator, things: int = 80, sources: int = 14, good: int = 9
) -> tuple[Rows, Cells]:
    """Gates and times of trains by several sites, of which the good ones are right in 95%, the others in 55%."""
    rows: Rows = {"site": [], "train": [], "gate": [], "leaves": []}
    truth: Cells = {}
    gates = [f"{a}{k}" for a in "ABC" for k in range(1, 9)]
    right = {"gate": r.choice(gates, things), "leaves": r.integers(0, 1_440, things)}
    for t in range(things):
        for s in range(sources):
            at = len(rows["site"])
            rows["site"].append(f"site {s}")
            rows["train"].append(f"IC-{t:03d}")
            for name in ("gate", "leaves"):
                is_right = r.random() < (0.95 if s < good else 0.55)
                value = right[name][t]
                if name == "gate":
                    text = str(value) if is_right else str(r.choice([g for g in gates if g != value]))
                    true = str(value)
                else:
                    minute = int(value) if is_right else int(value + r.integers(1, 60)) % 1_440
                    text, true = (f"{m // 60:02d}:{m % 60:02d}" for m in (minute, int(value)))
                rows[name].append(text)
                if text != true:
                    truth[at, name] = true
    return rows, truth


def test_wrong_reports_are_found_and_the_right_one_suggested() -> None:
    for seed in range(3):
        rows, truth = reported(np.random.default_rng(seed))
        found = accused(rows)
        precision, recall = measured(found, truth)
        assert precision >= 0.95
        assert recall >= 0.9
        assert np.mean([found[c].instead == was for c, was in truth.items() if c in found]) >= 0.95
        assert "reports on train" in next(iter(found.values())).why


def test_sites_that_agree_are_silent() -> None:
    rows, _ = reported(np.random.default_rng(1), good=14)
    clean, truth = reported(np.random.default_rng(1))
    for (row, name), was in truth.items():
        clean[name][row] = was
    assert len(accused(clean)) == 0
    assert len(accused(rows)) > 0


def test_a_source_that_is_often_wrong_is_believed_less() -> None:
    rows, _ = reported(np.random.default_rng(2))
    columns = columns_of(table(rows))
    found = reports(columns)
    assert found is not None
    assert [columns[i].name for i in (found.thing, found.source, *found.about)] == [
        "train",
        "site",
        "gate",
        "leaves",
    ]
    told = believed(columns[found.thing], columns[found.source], columns[2])
    trust = dict(zip(columns[found.source].values, told.sources.tolist(), strict=True))
    assert min(trust[f"site {s}"] for s in range(9)) > max(trust[f"site {s}"] for s in range(9, 14))


def test_visits_of_persons_to_places_are_no_reports() -> None:
    r = np.random.default_rng(3)
    rows: Rows = {
        "system": [f"s{i}" for i in r.integers(0, 10, 900)],
        "person": [f"p{i}" for i in r.integers(0, 90, 900)],
        "amount": [str(i) for i in r.integers(0, 50, 900)],
    }
    assert reports(columns_of(table(rows))) is None


def test_ratings_of_one_thing_may_differ() -> None:
    """Whoever rates, and whatever the column is called: one that differs by a step is no error."""
    for who in ("rater", "site"):
        r = np.random.default_rng(4)
        rows: Rows = {who: [], "essay": [], "score": [], "style": []}
        for essay in range(300):
            right = int(r.integers(1, 6))
            for person in range(6):
                rows[who].append(f"{who} {person}")
                rows["essay"].append(f"E-{essay:03d}")
                for name in ("score", "style"):
                    away = int(r.choice([-1, 0, 1], p=[0.15, 0.7, 0.15]))
                    rows[name].append(str(min(5, max(1, right + away))))
        assert accused(rows) == {}
