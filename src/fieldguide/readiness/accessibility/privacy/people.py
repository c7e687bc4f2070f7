"""Names of persons by list: given names and surnames of some eighty languages and countries.

The lists are those of the person providers of Faker (MIT), imported as data, module by module; nothing of its machinery runs
(docs/decisions/0014).
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from fieldguide.readiness.accessibility.privacy.kinds import wordlist
from fieldguide.tables.names import fold

_TITLES = wordlist(
    "mr mrs ms miss dr prof mme mlle herr frau sir lady sr sra sig dhr mevr rev hon jr sr ii iii iv phd md"
)
_NO_NAME = wordlist(
    "and of the inc llc ltd gmbh ag co corp company sa spa bv ab as plc group sons bros bank hospital school university center centre clinic "
    "hotel park club store shop restaurant street road avenue lake county city airport station to for in on with from at by or vs der die das und "
    "de la le les et du des"
) - wordlist("de la le du der des")
"""Words that no person's name holds."""
_WORD = re.compile(r"[^\W\d_]+(?:['’`-][^\W\d_]+)*\.?")


@dataclass(frozen=True)
class Names:
    """Given names and surnames, in lower case and without accents."""

    given: frozenset[str]
    family: frozenset[str]


@cache
def names() -> Names:
    """Return the lists; read once, in about a tenth of a second."""
    from faker.providers import person as providers

    given: set[str] = set()
    family: set[str] = set()
    for found in pkgutil.iter_modules(providers.__path__):
        provider = importlib.import_module(f"faker.providers.person.{found.name}").Provider
        given |= _listed(provider, "first_names")
        family |= _listed(provider, "last_names")
    return Names(frozenset(given), frozenset(family))


def _listed(provider: type, beginning: str) -> set[str]:
    lists = [getattr(provider, name) for name in dir(provider) if name.startswith(beginning)]
    return {
        fold(str(name))
        for some in lists
        if isinstance(some, Collection)
        for name in some
        if len(str(name)) > 1
    }


@dataclass(frozen=True)
class Share:
    """How many distinct values are given names, surnames, or a given name with a surname (shares, 0 … 1)."""

    given: float
    family: float
    full: float


def share_of_names(texts: Sequence[str]) -> Share:
    """Return what share of texts the lists know as names of persons.

    >>> share_of_names(["Anna Schmidt", "Smith, John", "EWR", "blue"]).full
    0.5
    """
    if not texts:
        return Share(0.0, 0.0, 0.0)
    known = names()
    given = family = full = 0
    for text in texts:
        if any(c.isdigit() or c in "@/_" for c in text) or len(text) > 60:
            continue
        plain = fold(text)
        given += plain in known.given
        family += plain in known.family
        full += _is_full(plain, known)
    n = len(texts)
    return Share(given / n, family / n, full / n)


def _is_full(plain: str, known: Names) -> bool:
    words = [word.strip(".") for word in _WORD.findall(plain)]
    words = [word for word in words if word not in _TITLES]
    if not 2 <= len(words) <= 4 or any(word in _NO_NAME for word in words):
        return False
    first, last = words[0], words[-1]
    if "," in plain:
        first, last = words[1], words[0]
    return (first in known.given and last in known.family) or (last in known.given and first in known.family)
