"""In which encoding a text is: from a mark at its start, from the pattern of its zero bytes, or from its words.

UTF-8 is taken where it holds. Where it does not, the words that hold other bytes are read in each of the
encodings that were common, and the one is taken in which they look most like words: letters of one script, small
letters not followed by capitals, no signs within words. What was decided is told with the bytes and their lines.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fieldguide.errors import DataError, ProgramError
from fieldguide.tables.sources.survey import Odd, Survey

BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LATIN = "éèêàâäáãåçíîñóôöõøúùûüßæœ"
_LESS = "ëïìòÿýð"
_COMMON = {
    "cp1252": _LATIN,
    "cp1250": "áäéíóöőúüűçčďěňřšťůýžąćęłńśźżăâîș",
    "cp1254": "çğıöşüâîû",
    "mac-roman": _LATIN,
    "cp850": _LATIN,
    "cp437": _LATIN,
    "cp1251": "", "koi8-r": "", "cp866": "", "cp1253": "", "cp1255": "", "cp1256": "",
    "shift_jis": "", "euc_jp": "", "gb18030": "", "big5": "", "euc_kr": "",
}  # fmt: skip
"""The encodings that are tried where a text is not UTF-8, the likeliest first, with their usual letters beyond ASCII."""
_SCRIPTS = {
    "cp1251": "CYRILLIC", "koi8-r": "CYRILLIC", "cp866": "CYRILLIC", "cp1253": "GREEK", "cp1255": "HEBREW",
    "cp1256": "ARABIC",
}  # fmt: skip
_OFTEN = {
    "cp1251": "оеаинтсрвл",
    "koi8-r": "оеаинтсрвл",
    "cp866": "оеаинтсрвл",
    "cp1253": "αοιετσνηυρ",
    "cp1255": "יולהאמרתב",
}
_WIDE = ("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr")
MANY_WORDS = 200
"""Different words from which on they must look like words in some encoding."""
LEAST_LIKE_WORDS = 0.4
"""How much they must: real texts reach 0.8 and more, random bytes 0.1."""
_MARGIN = 0.08
"""By how much many words must look better in another encoding than in cp1252, the usual one; few words by more."""


@dataclass(frozen=True)
class Encoding:
    """How a file's bytes are read: the name of the encoding, the bytes of the mark in front, and what to tell of it."""

    name: str
    mark: int = 0
    notes: tuple[str, ...] = ()


def marked(path: Path) -> Encoding | None:
    """Return the encoding that the first bytes of a file say or show: a byte order mark, or zeros in every other byte."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    for mark, name in _MARKS:
        if start.startswith(mark):
            told = () if name == "utf-8" else (f"it is {name[:-3].upper()} (its first bytes say so)",)
            return Encoding(name, len(mark), told)
    for name, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        if _fits(start[: len(start) // width * width], name, width):
            return Encoding(
                name, 0, (f"it is {name[:-3].upper()} (every other byte of its letters is zero)",)
            )
    return None


def _fits(start: bytes, name: str, width: int) -> bool:
    """Return whether bytes are text of 16 or 32 bits a character, most of it ASCII."""
    if len(start) < 2 * width:
        return False
    zero = [start[i::width].count(0) for i in range(width)]
    letter = 0 if name.endswith("le") else width - 1
    others = [n for i, n in enumerate(zero) if i != letter]
    if zero[letter] or min(others) * width < 0.6 * len(start):
        return False
    try:
        text = start.decode(name)
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\r\n\t" for c in text)


def declared(name: str) -> str:
    """Return Python's name of an encoding that a program names.

    Raises ProgramError when there is none of that name.
    """
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ProgramError(
            f"CSV(encoding={name!r}): there is no encoding of that name; write 'utf-8', 'cp1252', 'utf-16', say."
        ) from None


def decided(seen: Survey, name: str = "the file") -> Encoding:
    """Return the encoding of a file without a mark, with the evidence for it where it is not UTF-8.

    Raises DataError when its many words look like words in no encoding; `name` is how messages call the file.
    """
    if seen.utf8:
        return Encoding("utf-8")
    where = _places(seen.odd)
    if seen.good_runs >= seen.odd_runs or not seen.words:
        told = f"{where} no UTF-8, as the rest of the file is; such lines are left out"
        return Encoding("utf-8", 0, (told,))
    best, doubt = guessed(seen.words)
    example = _example(seen.odd, best)
    beyond = sum(b > 127 for word in seen.words for b in word) / sum(map(len, seen.words))
    if len(seen.words) >= MANY_WORDS and beyond > 0.3 and _score(seen.words, best) < LEAST_LIKE_WORDS:
        raise DataError(
            f"{name} holds no text: {where} not UTF-8, and no words in any other encoding (in {best}: {example}); expected a "
            "table as text: check that the file is what it is called, or say CSV(encoding=…)."
        )
    more = f"; {doubt}" if doubt else ""
    return Encoding(best, 0, (f"{where} not UTF-8; read as {best} ({example}{more})",))


def guessed(words: dict[bytes, int]) -> tuple[str, str]:
    """Return the encoding in which words look most like words, and what speaks against it.

    >>> guessed({"café".encode("cp1252"): 3, "Größe".encode("cp1252"): 1})[0]
    'cp1252'
    >>> guessed({"Привет".encode("koi8-r"): 1, "мир".encode("koi8-r"): 1})[0]
    'koi8-r'
    """
    scores = {name: _score(words, name) for name in _COMMON}
    usual = scores["cp1252"]
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < usual + _MARGIN + 0.5 / sum(b > 127 for word in words for b in word):
        best = "cp1252"
    near = [n for n in scores if n != best and scores[n] > scores[best] - 0.02 and _differ(words, n, best)]
    doubt = f"{' or '.join(near[:2])} would do as well: CSV(encoding=…) says which" if near else ""
    return best, doubt


def _differ(words: dict[bytes, int], one: str, other: str) -> bool:
    return any(w.decode(one, "replace") != w.decode(other, "replace") for w in list(words)[:200])


def _score(words: dict[bytes, int], encoding: str) -> float:
    """Return how much words look like words in an encoding: 1 for usual letters, less for the unusual, below 0 for signs."""
    total, weight = 0.0, 0
    for word, times in words.items():
        n = min(times, 20)
        weight += n
        try:
            total += n * _looks(word.decode(encoding), encoding)
        except UnicodeDecodeError:
            total -= 3 * n
    return total / max(weight, 1)


@lru_cache(maxsize=20_000)
def _looks(word: str, encoding: str) -> float:
    points, odd = 0.0, 0
    for i, c in enumerate(word):
        before, after = word[i - 1 : i], word[i + 1 : i + 2]
        if before and before.islower() and c.isupper() and not (before.isascii() and c.isascii()):
            points -= 1
        if c.isascii():
            continue
        odd += 1
        script = _script(c)
        if unicodedata.category(c)[0] == "L":
            points += _usual(c, script, encoding)
            if any(x.isalpha() and _script(x) != script for x in (before, after) if x):
                points -= 1 if encoding not in _WIDE else 0
            if script == "LATIN" and i > 1 and all(x.isalpha() and not x.isascii() for x in word[i - 2 : i]):
                points -= 0.7
        elif unicodedata.category(c) in ("Cc", "Cn", "Co", "So", "Sm") or c == "�":
            points -= 2
        elif before.isalpha() and after.isalpha() and c != "’":
            points -= 1
        else:
            # the signs that word processors put in place of quotes and dashes
            points += 1.0 if encoding == "cp1252" else 0.7 if encoding.startswith("cp125") else 0.3
    return points / max(odd, 1)


def _usual(c: str, script: str, encoding: str) -> float:
    """Return how usual a letter is in the texts that are written in an encoding."""
    if encoding in _SCRIPTS:
        common = _OFTEN.get(encoding, "")
        usual = 1.0 if c.lower() in common else 0.95
        return usual if script == _SCRIPTS[encoding] else 0.2
    if encoding in _WIDE:
        return _usual_wide(c, script, encoding)
    if c.lower() in _COMMON[encoding]:
        return 1.0
    return 0.9 if encoding == "cp1252" and c.lower() in _LESS else 0.5


def _usual_wide(c: str, script: str, encoding: str) -> float:
    """Return how usual a character is: the first levels of the national standards hold nearly all that is written."""
    if script in ("HIRAGANA", "KATAKANA"):
        return 1.0 if encoding in ("shift_jis", "euc_jp") else 0.2
    if script == "HANGUL":
        return 1.1 if encoding == "euc_kr" else 0.2
    if script != "CJK":
        return 0.2
    code = c.encode(encoding)
    if len(code) != 2:
        return 0.1
    if encoding == "gb18030":
        return 1.0 if 0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1 else 0.2
    if encoding == "big5":
        return 1.0 if 0xA4 <= code[0] <= 0xC6 else 0.2
    if encoding == "euc_jp":
        return 0.8 if 0xB0 <= code[0] <= 0xCF else 0.2
    if encoding == "shift_jis":
        return 0.8 if 0x88 <= code[0] <= 0x98 else 0.2
    return 0.3


@lru_cache(maxsize=5_000)
def _script(c: str) -> str:
    return unicodedata.name(c, "NONE").split()[0].split("-")[0]


def _places(odd: tuple[Odd, ...]) -> str:
    """Say where which bytes are: "line 1: byte 8C E6 is"."""
    shown = [f"line {o.line:,}: byte{'s' * (len(o.bytes) > 1)} {_hex(o.bytes)}" for o in odd[:3]]
    more = len(odd) - len(shown)
    told = ", ".join(shown) + (f" and {more} more places" if more > 0 else "")
    return f"{told} {'are' if len(odd) > 1 or len(odd[0].bytes) > 1 else 'is'}"


def _hex(given: bytes) -> str:
    return " ".join(f"{b:02X}" for b in given)


def _example(odd: tuple[Odd, ...], encoding: str) -> str:
    return repr(odd[0].bytes.decode(encoding, "replace"))


def to_utf8(path: Path, encoding: Encoding) -> Iterator[bytes]:
    """Yield a file's content as UTF-8, block by block; what the encoding does not know is marked with U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    with path.open("rb") as stream:
        stream.seek(encoding.mark)
        while block := stream.read(BLOCK):
            yield decoder.decode(block).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
