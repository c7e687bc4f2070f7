"""Counters of the server, written as Prometheus text."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from fieldguide.journal import Journal
from fieldguide.serving.service import Service

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the latency buckets, in seconds."""


class Metrics:
    """What has been counted since the server started."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.rows: Counter[str] = Counter()
        self.refusals: Counter[tuple[str, str, str]] = Counter()
        self.dropped: Counter[str] = Counter()
        self.fallbacks: Counter[tuple[str, str]] = Counter()
        self.unseen: Counter[tuple[str, str]] = Counter()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.logged: dict[str, int] = {}
        """When a failure of a program's model was last written to the log."""
        self._latency = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def answered(self, program: str, rows: int, seconds: float) -> None:
        """Count one request that was answered."""
        self.requests[program, "predict", 200] += 1
        self.rows[program] += rows
        self._latency[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def text(self, journal: Journal, services: Mapping[str, Service]) -> str:
        """Return all metrics in Prometheus' text format."""
        return "\n".join(self._lines(journal, services)) + "\n"

    def _lines(self, journal: Journal, services: Mapping[str, Service]) -> Iterator[str]:
        yield from _family(
            "requests_total", "counter", "Requests by endpoint and HTTP status.",
            ((_labels(program=p, endpoint=e, status=str(s)), n) for (p, e, s), n in self.requests.items()),
        )  # fmt: skip
        yield from _family(
            "rows_total", "counter", "Rows answered.", ((_labels(program=p), n) for p, n in self.rows.items())
        )
        yield from _family(
            "refusals_total", "counter", "Rows refused by the contract, by column and reason.",
            ((_labels(program=p, column=c, reason=r), n) for (p, c, r), n in self.refusals.items()),
        )  # fmt: skip
        yield from _family(
            "refusals_not_journaled_total", "counter", "Refused rows that came too fast to be journaled.",
            ((_labels(program=p), n) for p, n in self.dropped.items()),
        )  # fmt: skip
        yield from _family(
            "fallbacks_total", "counter", "Rows answered by the constant, by reason.",
            ((_labels(program=p, reason=r), n) for (p, r), n in self.fallbacks.items()),
        )  # fmt: skip
        yield from _family(
            "unseen_categories_total", "counter", "Values of category columns that were not learned from.",
            ((_labels(program=p, column=c), n) for (p, c), n in self.unseen.items()),
        )  # fmt: skip
        yield from _family(
            "outcomes_total", "counter", "Outcomes received, by what became of them.",
            ((_labels(program=p, fate=f), n) for (p, f), n in self.outcomes.items()),
        )  # fmt: skip
        sums = list(accumulate(self._latency))
        bounds = [*map(str, BUCKETS), "+Inf"]
        yield "# HELP fieldguide_latency_seconds From the request's body to its answer, prediction requests."
        yield "# TYPE fieldguide_latency_seconds histogram"
        for bound, count in zip(bounds, sums, strict=True):
            yield f'fieldguide_latency_seconds_bucket{{le="{bound}"}} {count}'
        yield f"fieldguide_latency_seconds_sum {self._seconds!r}"
        yield f"fieldguide_latency_seconds_count {sums[-1]}"
        yield from _family(
            "journal_commits_total", "counter", "Groups committed to the journal.", [("", journal.commits)]
        )
        yield from _family(
            "journal_pending", "gauge", "Entries waiting for their commit.", [("", journal.pending)]
        )
        yield from _family(
            "journal_failing",
            "gauge",
            "1 while the journal cannot write.",
            [("", int(journal.failing is not None))],
        )
        yield from _family(
            "release_info", "gauge", "The release in service.",
            ((_labels(program=n, release=s.release, fitted=s.fitted_id), 1) for n, s in services.items()),
        )  # fmt: skip
        yield from _family(
            "in_fallback", "gauge", "1 while the constant answers.",
            ((_labels(program=n), int(s.fallback is not None)) for n, s in services.items()),
        )  # fmt: skip


def _family(name: str, kind: str, about: str, samples: Iterable[tuple[str, int]]) -> Iterator[str]:
    yield f"# HELP fieldguide_{name} {about}"
    yield f"# TYPE fieldguide_{name} {kind}"
    for labels, value in samples:
        yield f"fieldguide_{name}{labels} {value}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    r"""Escape a label's value.

    >>> _escaped('a "b"')
    'a \\"b\\"'
    """
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
