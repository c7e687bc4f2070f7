"""How far apart two texts are: insertions, deletions, replacements, and neighbors swapped."""

from __future__ import annotations

NEGATIONS = frozenset(("un", "in", "im", "ir", "il", "non", "dis", "de", "not"))
"""What makes the opposite of a word when it is put before it."""


def distance(a: str, b: str) -> int:
    """Return the Levenshtein distance of two texts, bit-parallel (Myers 1999; Hyyrö 2003).

    >>> distance("birmingham", "birminghxm"), distance("", "abc"), distance("kitten", "sitting")
    (1, 3, 3)
    """
    if len(a) < len(b):
        a, b = b, a
    if not b:
        return len(a)
    where: dict[str, int] = {}
    for i, c in enumerate(b):
        where[c] = where.get(c, 0) | (1 << i)
    full, last = (1 << len(b)) - 1, 1 << (len(b) - 1)
    plus, minus, far = full, 0, len(b)
    for c in a:
        eq = where.get(c, 0)
        xv = eq | minus
        xh = (((eq & plus) + plus) ^ plus) | eq
        ph = minus | (~(xh | plus) & full)
        mh = plus & xh
        if ph & last:
            far += 1
        elif mh & last:
            far -= 1
        ph = ((ph << 1) | 1) & full
        mh = (mh << 1) & full
        plus = mh | (~(xv | ph) & full)
        minus = ph & xv
    return far


def core(a: str, b: str) -> tuple[str, str]:
    """Return what differs of two texts: each without the beginning and the end that they share.

    >>> core("birmingham", "birminghxm")
    ('a', 'x')
    """
    i, most = 0, min(len(a), len(b))
    while i < most and a[i] == b[i]:
        i += 1
    j = 0
    while j < most - i and a[len(a) - 1 - j] == b[len(b) - 1 - j]:
        j += 1
    return a[i : len(a) - j], b[i : len(b) - j]


def digits(text: str) -> str:
    """Return the digits of a text.

    >>> digits("type 1.5")
    '15'
    """
    return "" if text.isalpha() else "".join([c for c in text if c.isdigit()])


def other_code(a: str, b: str) -> bool:
    """Return whether two texts differ in their digits, as two codes or two amounts do, not as a typing error does.

    A digit in the place of a letter, or the other way round, is an error of typing; another number is not.

    >>> other_code("type 1", "type 2"), other_code("29 xatients", "2 patients"), other_code("scxp-1", "scip-1")
    (True, True, False)
    >>> other_code("105", "1o5"), other_code("b1rd", "bird")
    (False, False)
    """
    if digits(a) == digits(b):
        return False
    if len(a) != len(b):
        return True
    changed = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    return not all(x.isdigit() != y.isdigit() for x, y in changed if x.isdigit() or y.isdigit())


def opposite(a: str, b: str) -> bool:
    """Return whether one text is the other with a word negated: it means the opposite, whoever typed it.

    >>> opposite("Very favorably", "Very unfavorably"), opposite("Disagree", "Agree"), opposite("rain", "train")
    (True, True, False)
    """
    short, long = sorted((a.casefold(), b.casefold()), key=len)
    gone, added = core(short, long)
    at = next((i for i, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    return not gone and added.rstrip(" -") in NEGATIONS and not long[at - 1 : at].isalnum()
