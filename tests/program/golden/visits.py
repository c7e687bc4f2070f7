"""A program file with something of everything that a fingerprint must read alike on every Python."""

from datetime import timedelta

import places
from places import CLOSED, CODE, rows, side_of

import fieldguide.program as fg

LIMIT = 5


def is_weekend(seen_at):
    """Saturday or Sunday."""
    return seen_at.weekday() >= LIMIT


def side(place, seen_at=None):
    """A comprehension, an f-string in an f-string, a walrus, a match, a pattern, a method of a module."""
    match place:
        case str() if (found := CODE.match(place)) is not None:
            text = f"{side_of(place)}{f'{int(found.group(1)):0{3}d}' if found.lastindex else ''}"
        case _:
            text = places.side_of("")
    days = {day: n for n, day in enumerate(sorted(CLOSED)) if day}
    return text if not days else f"{text}:{len(days)}\N{EURO SIGN}"


visits = fg.Program(
    question=fg.Question(ask="Will the visitor come back?", one_row_is="a visit"),
    source=fg.Source(
        rows,
        key=("visitor", "seen_at"),
        time="seen_at",
        entity="visitor",
        timezone="Europe/Stockholm",
        owner="web team",
    ),
    inputs=[fg.Timestamp("seen_at")],
    features=[
        fg.Number("seconds", unit="second", low=0, high=86_400),
        fg.Category("place", about="where it was opened"),
        fg.Boolean("weekend", of=is_weekend),
        fg.Category("side", of=side),
        fg.Presentation(fg.Category("position"), neutral="1"),
    ],
    label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7), silence="negative"),
    prior=fg.priors.Ridge(0.01),
    next_period=timedelta(days=30),
)
