"""What one entry of the journal holds (FACTS 13): the bodies, and how they are packed.

The fields that explore, rank or overlap with other systems are there from the first answer on, at the
values that mean "nothing was done": they cannot be recovered later.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

from fieldguide.journal.storage import ANSWERED, REFUSED

LONGEST_ROW = 4_096
"""How many bytes of a refused row are kept."""

Entry = tuple[str, str, int, int, int, str | None, str | None, str | None, bytes]
"""id, program, kind, at, time, key, entity, release, body; at and time in microseconds since 1970, UTC."""


class Answer(Struct, gc=False, omit_defaults=True):
    """The body of an answer.

    `row` is what was received, by name; `prediction` what was answered, on `scale`; `shadow` what the
    model would have said when it did not answer; `fallback` why it did not. `timezone` is where naive
    times of the row are read. `probability` is that of the choice made, `noise` what was added to it.
    Fields that stand at their default are left out of the bytes: a default must never change.
    """

    row: Any
    prediction: float
    scale: str
    fitted: str
    release: str
    timezone: str
    probability: float
    noise: float
    shadow: float | None
    fallback: str | None = None
    policy: str | None = None
    presentation: dict[str, Any] = {}
    consumer: str | None = None
    event_times: dict[str, Any] | None = None
    transform: str | None = None


class Refused(Struct, gc=False):
    """The body of a refused row: its first 4 KB as received, where and why it was refused.

    `dropped` counts the refusals that were not journaled, since the one before this, because too many
    came in one second.
    """

    row: bytes
    reason: str
    path: str
    column: str | None
    message: str
    status: int
    timezone: str
    dropped: int = 0


pack = msgspec.msgpack.Encoder().encode


def answered(
    id: str,  # noqa: A002 (the word on the wire)
    program: str,
    at: int,
    time: int,
    key: str | None,
    entity: str | None,
    answer: Answer,
) -> Entry:
    """Return the entry of an answer."""
    return (id, program, ANSWERED, at, time, key, entity, answer.release, pack(answer))


def refused(
    id: str,  # noqa: A002
    program: str,
    at: int,
    time: int,
    key: str | None,
    entity: str | None,
    release: str | None,
    refusal: Refused,
) -> Entry:
    """Return the entry of a refused row; what is longer than 4 KB is cut."""
    refusal.row = bytes(refusal.row[:LONGEST_ROW])
    return (id, program, REFUSED, at, time, key, entity, release, pack(refusal))


def unpack_all(bodies: list[bytes], kind: Any) -> list[Any]:
    """Decode many bodies in one call: they are joined to one array first."""
    head = b"\xdd" + len(bodies).to_bytes(4, "big")
    decoded: list[Any] = msgspec.msgpack.decode(head + b"".join(bodies), type=list[kind])
    return decoded


__all__ = ["LONGEST_ROW", "Answer", "Entry", "Raw", "Refused", "answered", "refused", "unpack_all"]
