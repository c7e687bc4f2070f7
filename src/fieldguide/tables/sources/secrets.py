"""Names from the environment in paths and addresses, and messages without what they stand for."""

from __future__ import annotations

import os
import re
from urllib.parse import quote

from fieldguide.errors import UsageError

_NAME = re.compile(r"\$\{(\w+)\}")


def filled(text: str, place: str) -> str:
    """Return a text with every ${NAME} replaced by that variable of the environment; `place` is for messages.

    Raises UsageError naming the variables that are not set, with the command that sets them.
    """
    missing = [name for name in _NAME.findall(text) if name not in os.environ]
    if missing:
        names = list(dict.fromkeys(missing))
        told = " ".join(f"{name}=…" for name in names)
        raise UsageError(
            f"{place}: the environment has no {', '.join(names)}; set {'them' if len(names) > 1 else 'it'} before you start: "
            f"export {told}"
        )
    return _NAME.sub(lambda m: os.environ[m[1]], text)


def hidden(message: str, place: str) -> str:
    """Return a message without the values of the variables that a place names.

    >>> os.environ["FIELDGUIDE_DOCTEST"] = "hunter2"
    >>> hidden("no entry for hunter2", "db://me:${FIELDGUIDE_DOCTEST}@host")
    'no entry for ${FIELDGUIDE_DOCTEST}'
    """
    names = dict.fromkeys(_NAME.findall(place))
    values = sorted(((os.environ.get(n, ""), n) for n in names), key=lambda pair: -len(pair[0]))
    for value, name in values:
        for form in dict.fromkeys((value, quote(value, safe=""), repr(value)[1:-1])):
            if form:
                message = message.replace(form, f"${{{name}}}")
    return message
