"""Tables that look odd and are right stay silent, and the error they resemble is still found."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from fieldguide.readiness.faithfulness.cells.columns import columns_of
from fieldguide.readiness.faithfulness.cells.suspects import suspects

from .worlds import accused


def test_long_codes_that_differ_in_their_last_digits_are_no_other_writing() -> None:
    r = np.random.default_rng(1)
    accounts = [str(4_000_000_000 + int(i)) for i in (r.zipf(1.3, 2_000) - 1) % 300]
    assert accused({"account": [*accounts]}) == {}
    accounts[11] = "4000000000.0"
    assert list(accused({"account": [*accounts]})) == [(11, "account")]


def test_minus_zero_is_zero() -> None:
    change = np.random.default_rng(2).choice([0.0, -0.0, 0.5, -0.5, 1.25], 600, p=[0.5, 0.05, 0.2, 0.15, 0.1])
    for kind in (pa.float64(), pa.float32(), pa.float16()):
        columns = columns_of(pa.table({"change": pa.array(change).cast(kind)}))
        assert set(columns[0].values) == {"0", "0.5", "-0.5", "1.25"}
        assert suspects(columns) == []
