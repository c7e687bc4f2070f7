"""One pass over the bytes of a file that should be text: is it, which line ends has it, are all its bytes UTF-8?

Nonsense (random bytes, a program, one endless line) is found in the first few megabytes, and memory does not
grow with the file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fieldguide.errors import DataError

BLOCK = 4 << 20
LONGEST_LINE = 16 << 20
"""A file with a longer line, in bytes, is no table."""
MOST_RUNS = 200_000
"""Runs of bytes beyond ASCII that are looked at to tell which encoding they are in."""
MOST_ODD = 20
_TEXT = bytes(sorted({*range(32, 256), 9, 10, 11, 12, 13} - {127}))
_BEYOND = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True)
class Odd:
    """Bytes that are no UTF-8: in which line, which bytes."""

    line: int
    bytes: bytes


@dataclass(frozen=True)
class Survey:
    """What is in a file.

    `lf`, `cr` and `crlf` count its line ends, `nul` its zero bytes, `control` other bytes that no text has.
    `utf8` says that all bytes are UTF-8. If not, `odd` are the first places where they are not, `odd_runs`
    and `good_runs` how many runs of bytes beyond ASCII are no UTF-8, and how many are, as far as was looked,
    and `words` are examples of texts that hold such bytes, with how often they were seen.
    """

    size: int
    lf: int
    cr: int
    crlf: int
    nul: int
    control: int
    utf8: bool
    odd: tuple[Odd, ...]
    odd_runs: int
    good_runs: int
    words: dict[bytes, int]

    @property
    def mixed(self) -> bool:
        """Whether lines end in different ways (which includes line ends within values)."""
        return sum(1 for n in (self.lf, self.cr, self.crlf) if n) > 1


def survey(path: Path, name: str, skip: int = 0, longest: int | None = LONGEST_LINE) -> Survey:
    """Look through a file from byte `skip` on; `name` is how messages call it.

    Raises DataError when it holds no text, or a line of more than `longest` bytes.
    """
    size = lf = cr = crlf = nul = control = 0
    since, last = 0, b""
    evidence = _Evidence()
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = True
    for block in _blocks(path, skip):
        size += len(block)
        both = block.count(b"\r\n") + (1 if last == b"\r" and block[:1] == b"\n" else 0)
        lines, returns = block.count(b"\n"), block.count(b"\r")
        zero = block.count(b"\0")
        lf, cr, crlf, nul = lf + lines - both, cr + returns - both, crlf + both, nul + zero
        control += len(block.translate(None, _TEXT)) - zero
        if (nul + control) * 100 > size:
            raise no_text(name, block, nul + control, size)
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        since = len(block) - end if end >= 0 else since + len(block)
        if longest is not None and since > longest:
            raise DataError(
                f"{name}: line {lf + cr + crlf + 1:,} is longer than {longest >> 20} MB; expected a row of a table a "
                "line: check that the file is what it is called."
            )
        if utf8:
            try:
                # beyond ASCII a character takes two to four bytes
                evidence.good_runs += (len(block) - len(decoder.decode(block)) + 2) // 3
            except UnicodeDecodeError:
                utf8, evidence.lines = False, lf + cr + crlf - lines - returns + both
        if not utf8:
            evidence.look(block)
        last = block[-1:]
    if utf8 and decoder.getstate()[0]:  # the file ends within a character
        utf8, evidence.lines = False, lf + cr + crlf
        evidence.look(decoder.getstate()[0])
    evidence.finish()
    return Survey(
        size, lf, cr, crlf, nul, control, utf8,
        tuple(evidence.odd), evidence.odd_runs, evidence.good_runs, evidence.words,
    )  # fmt: skip


def no_text(name: str, block: bytes, odd: int, size: int) -> DataError:
    """Return the error for a file that holds bytes that no text has."""
    first = next((i for i, b in enumerate(block) if bytes([b]) not in _TEXT), 0)
    shown = " ".join(f"{b:02X}" for b in block[first : first + 4])
    return DataError(
        f"{name} holds no text: {odd:,} of the first {size:,} bytes are such as no text has ({shown} …); expected a "
        "table as text: check that the file is what it is called, or name another."
    )


class _Evidence:
    """Runs of bytes beyond ASCII in whole lines, and whether they are UTF-8."""

    def __init__(self) -> None:
        self.odd: list[Odd] = []
        self.odd_runs = self.good_runs = self.lines = 0
        self.words: dict[bytes, int] = {}
        self.rest = b""

    def look(self, block: bytes) -> None:
        """Look at the next block."""
        if self.odd_runs + self.good_runs >= MOST_RUNS:
            return
        block = self.rest + block
        end = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
        self.rest = block[end:]
        self._look(block[:end])

    def finish(self) -> None:
        """Look at what is left."""
        self._look(self.rest)

    def _look(self, lines: bytes) -> None:
        upto = 0
        for found in _BEYOND.finditer(lines):
            run = found[0]
            try:
                run.decode("utf-8")
                self.good_runs += 1
            except UnicodeDecodeError:
                self.odd_runs += 1
                if len(self.odd) < MOST_ODD:
                    self.lines += _ends(lines, upto, found.start())
                    upto = found.start()
                    self.odd.append(Odd(self.lines + 1, run[:6]))
                if len(self.words) < 5_000:
                    word = _word(lines, found.start(), found.end())
                    self.words[word] = self.words.get(word, 0) + 1
            if self.odd_runs + self.good_runs >= MOST_RUNS:
                return
        self.lines += _ends(lines, upto, len(lines))


def _ends(block: bytes, start: int, end: int) -> int:
    """Count the line ends between two places."""
    return (
        block.count(b"\n", start, end) + block.count(b"\r", start, end) - block.count(b"\r\n", start, end + 1)
    )


_BREAK = re.compile(rb"[\s,;\"\t]")


def _word(block: bytes, start: int, end: int) -> bytes:
    """Return the word around a run of bytes beyond ASCII."""
    before = block[max(start - 20, 0) : start]
    after = block[end : end + 20]
    cut = [m.end() for m in _BREAK.finditer(before)]
    stop = _BREAK.search(after)
    return before[cut[-1] if cut else 0 :] + block[start:end] + (after[: stop.start()] if stop else after)


def _blocks(path: Path, skip: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(skip)
        while block := stream.read(BLOCK):
            yield block
