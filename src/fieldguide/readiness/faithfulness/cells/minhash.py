"""MinHash: how much two sets have in common, from a few numbers of each (Broder 1997; FACTS 8)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fieldguide.readiness.faithfulness.cells.columns import Flags, Ints

Hashes = npt.NDArray[np.uint32]
LENGTH = 3
"""Characters of a shingle."""
CHUNK = 1_000_000
"""Shingles that are hashed at a time."""


def shingles(text: str, length: int = LENGTH) -> frozenset[str]:
    """Return the pieces of a text of that many characters, the text itself where it is shorter.

    >>> sorted(shingles("abcd"))
    ['abc', 'bcd']
    """
    return frozenset(text[i : i + length] for i in range(max(1, len(text) - length + 1)))


def signatures(sets: Sequence[frozenset[str]], seed: int = 0, size: int = 64) -> Hashes:
    """Return the signatures of sets: sets x `size`, in each place the smallest of the hashes of the members.

    The share of places in which two signatures agree is the Jaccard similarity of the sets on average, with variance
    J(1−J)/size. An empty set has the largest hashes. The signature of a union is the smaller in each place.
    """
    random = np.random.default_rng(seed)
    factor = random.integers(1, 2**63, size=size, dtype=np.uint64) | np.uint64(1)
    shift = random.integers(0, 2**63, size=size, dtype=np.uint64)
    found = np.full((len(sets), size), np.iinfo(np.uint32).max, dtype=np.uint32)
    for first, ids, starts in _chunks(sets):
        filled = np.flatnonzero(np.diff(np.append(starts, len(ids))))
        for k in range(size):
            hashed = (_mixed(ids * factor[k] + shift[k]) >> np.uint64(32)).astype(np.uint32)
            found[first + filled, k] = np.minimum.reduceat(hashed, starts[filled])
    return found


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the share of the members of either set that are in both; 1 for two empty sets."""
    union = len(a | b)
    return len(a & b) / union if union else 1.0


def candidates(
    found: Hashes, bands: int = 16, most: int = 20, keep: Callable[[Ints, Ints], Flags] | None = None
) -> Ints:
    """Return pairs (rows of two) whose signatures agree in one of the bands at least, each pair once.

    With r rows a band, sets of similarity s become a pair with the chance 1 − (1 − s^r)^b (FACTS 8). In a band
    with many equal ones each is paired with the `most` that come next. `keep` says of many pairs at once which are
    wanted: where sets are alike by their making, as numbered names are, there may be millions of others.
    """
    rows = found.shape[1] // bands
    pairs = [np.zeros(0, dtype=np.int64)]  # first · rows + second
    for band in range(bands):
        part = np.ascontiguousarray(found[:, band * rows : (band + 1) * rows])
        key = part.view(np.dtype((np.void, part.itemsize * rows))).ravel()
        order = np.argsort(key, kind="stable")
        same = key[order]
        for step in range(1, most + 1):
            at = np.flatnonzero(same[step:] == same[:-step]) if step < len(same) else np.zeros(0, dtype=int)
            if not len(at):
                break
            one, other = order[at], order[at + step]
            if keep is not None:
                kept = keep(one, other)
                one, other = one[kept], other[kept]
            pairs.append(np.minimum(one, other) * len(found) + np.maximum(one, other))
    return np.column_stack(np.divmod(np.unique(np.concatenate(pairs)), max(len(found), 1)))


def _chunks(sets: Sequence[frozenset[str]]) -> Iterator[tuple[int, npt.NDArray[np.uint64], Ints]]:
    """Yield the number of the first set, hashes of the members of some sets, and where each set begins."""
    known: dict[str, int] = {}
    first = 0
    ids: list[int] = []
    starts: list[int] = []
    for i, members in enumerate(sets):
        starts.append(len(ids))
        for member in members:
            code = known.get(member)
            if code is None:
                code = known[member] = zlib.crc32(member.encode())
            ids.append(code)
        if len(ids) >= CHUNK:
            yield first, np.array(ids, dtype=np.uint64), np.array(starts, dtype=np.int64)
            first, ids, starts = i + 1, [], []
    if ids:
        yield first, np.array(ids, dtype=np.uint64), np.array(starts, dtype=np.int64)


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread each bit over all others (the finalizer of splitmix64)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)
