"""Words that several checks of band A say things with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


def span(delta: timedelta) -> str:
    """Return a stretch of time for people.

    >>> span(timedelta(hours=30)), span(timedelta(days=7)), span(timedelta(minutes=5))
    ('30 hours', '7 days', '5 minutes')
    """
    seconds = delta.total_seconds()
    for unit, size in (("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0)):
        if seconds >= size and (unit != "day" or seconds >= 3 * size):
            return f"{seconds / size:.3g} {unit}{'' if seconds == size else 's'}"
    return f"{seconds:.3g} seconds"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return names as a text lists them, the first few of many.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ("'a' and 'b'", "'a', 'b', 'c' and 2 more")
    """
    shown = [repr(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
