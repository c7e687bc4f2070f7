"""How findings are told: those that say the same of several columns as one, the worst first.

The terminal, the pages and the notebook all tell groups, so that a table of 200 columns can be read. Nothing
here knows a particular check: what a finding saw, its level and its verdict decide.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fieldguide.errors import for_program
from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.checks import CHECKS
from fieldguide.readiness.levels import RANK

MARKS = {"pass": "✓", "fail": "✗", "unknown": "?"}
NOTED = "!"
"""The mark of what passes and is still worth a look."""
LONGEST = 240
"""Signs of what was seen that are told where all is not asked for."""
LONGEST_NAME = 50
"""Signs of a column's name that are told in lines of text; survey tools write whole questions into it."""
MOST_NAMES = 8
"""Columns of a group that are named one by one."""
MOST_OF_A_CHECK = 3
"""Groups of one check that are told in full where not all is asked for."""
_EACH = "\x00each"
_COMMAND = re.compile(r"""fieldguide \w+(?: (?:'[^']*'|"[^"]*"|[^\s;'"(),])+)+""")
_WORST: dict[Verdict, int] = {"fail": 0, "unknown": 1, "pass": 2}
_OPEN = {
    "human": "a person has to say: {}",
    "machine": "not settled: {}",
    "evidence": "not shown yet: {}",
}


@dataclass(frozen=True)
class Group:
    """Findings of one check and one verdict that say the same; `about` are their columns (or sources).

    `saw`, `expected` and `next` are told of all of them at once.
    """

    findings: tuple[Finding, ...]
    about: tuple[str, ...]
    saw: str
    expected: str
    next: str

    @property
    def first(self) -> Finding:
        """The first of the findings: the worst, where that is known."""
        return self.findings[0]

    @property
    def check(self) -> str:
        """The id of the check."""
        return self.first.check

    @property
    def level(self) -> str:
        """The level that the check guards."""
        return self.first.level

    @property
    def verdict(self) -> Verdict:
        """What all of them say."""
        return self.first.verdict

    @property
    def names(self) -> str:
        """The columns in a few words.

        >>> groups([Finding("units", "B3", "unknown", name, "not answered") for name in "abcdefghijk"])[0].names
        'a, b, c, d, e, f, g, h and 3 more'
        """
        return listed(self.about)


def groups(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return findings that say the same of several columns as one, by level, failures before unknowns.

    Within a check those come first that concern the larger share of the rows (`evidence["share"]`).

    >>> told = groups([Finding("units", "B3", "unknown", name, f"{name} has no unit") for name in ("a", "b")])
    >>> told[0].about, told[0].saw
    (('a', 'b'), '… has no unit')
    """
    given = list(findings)
    place = {name: i for i, name in enumerate(dict.fromkeys(f.check for f in given))}
    given.sort(key=lambda f: (RANK.get(f.level, 0), _WORST[f.verdict], place[f.check], -_share(f)))
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for f in given:
        told = (f.saw, f.expected, f.next.replace(_option(f.about), _EACH))
        place_of = (f.level, f.check, f.verdict, *f.rows)
        plain, generic = (*place_of, *told), (*place_of, "…", *(_of_any(text, f.about) for text in told))
        members = alike.get(plain) or alike.get(generic) or []
        members.append(f)
        alike[plain] = alike[generic] = members
    return tuple(_group(members) for members in {id(m): m for m in alike.values()}.values())


def who_can(check: str) -> str:
    """Return who gives the answer that a check lacks: "person", "data" (mended or waived) or "later" (a later step)."""
    kind = CHECKS[check].kind if check in CHECKS else "machine"
    return {"human": "person", "machine": "data", "evidence": "later"}[kind]


def plainly(group: Group) -> str:
    """Return a group as one sentence for a reader who knows neither checks nor verdicts.

    >>> plainly(groups([Finding("owner", "C3", "unknown", None, "not answered")])[0])
    'A person has to say: who answers for the data.'
    """
    of = f"{group.names}: " if group.about else ""
    if group.verdict == "unknown" and group.check in CHECKS:
        check = CHECKS[group.check]
        said = _OPEN[check.kind].format(check.checks)
        if group.saw not in ("", "not answered", "not checked yet"):
            said = f"{said} ({group.saw})"
    else:
        said = group.saw or group.check.replace("_", " ")
    said = f"{of}{said}".rstrip(".") + "."
    return said[0].upper() + said[1:] if not group.about else said


def commands(text: str) -> tuple[str, ...]:
    """Return the command lines that a text names, each ready to be copied.

    >>> commands("write license=…; or: fieldguide confirm visits.py license --by NAME --because ANSWER")
    ('fieldguide confirm visits.py license --by NAME --because ANSWER',)
    """
    return tuple(found.rstrip(".") for found in _COMMAND.findall(text))


def lines(
    findings: Iterable[Finding],
    program: str,
    *,
    everything: bool = False,
    brief: bool = False,
    longest: int | None = LONGEST,
) -> list[str]:
    """Return findings as lines of text for a terminal, `program` in place of P in their commands.

    Of each check the worst few are told in full and the others are counted, unless `everything` is asked
    for; `brief` leaves out what was expected and what to do, and cuts what was seen to `longest` signs.
    """
    told: list[str] = []
    by_check: dict[tuple[str, Verdict], list[Group]] = {}
    for group in groups(findings):
        by_check.setdefault((group.check, group.verdict), []).append(group)
    for (check, _), members in by_check.items():
        shown = members if everything or len(members) <= MOST_OF_A_CHECK + 1 else members[:MOST_OF_A_CHECK]
        for group in shown:
            told += _lines_of(group, program, brief, longest if brief else None)
        rest = [name for group in members[len(shown) :] for name in group.about]
        if len(members) > len(shown):
            number = sum(len(group.findings) for group in members[len(shown) :])
            names = f": {listed(tuple(dict.fromkeys(rest)))}" if rest else ""
            told.append(f"    and {number} more of {check}{names} (--all tells each)")
    return told


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, which is `many` (left out: with an s) unless there is one.

    >>> counted(1, "row"), counted(1_200, "row"), counted(2, "is", "are")
    ('1 row', '1,200 rows', '2 are')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """Return names in a few words: the first ones and how many more there are.

    >>> listed(["a", "b", "c", "d"], most=2), listed(["a", "b", "c"], most=2)
    ('a, b and 2 more', 'a, b, c')
    """
    shown = [short(name) for name in (names if len(names) <= most + 1 else names[:most])]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def wrapped(text: str, width: int) -> str:
    """Return lines of text for a terminal of a width; a command stays in one piece, so that it can be copied.

    >>> print(wrapped("      next: write owner=…; or: fieldguide confirm visits.py owner --by NAME", 50))
          next: write owner=…; or:
            fieldguide confirm visits.py owner --by NAME
    """
    told: list[str] = []
    for line in text.split("\n"):
        if len(line) <= width or line.strip() in commands(line):
            told.append(line)
            continue
        for command in commands(line):
            line = line.replace(command, command.replace(" ", "\x00"))
        indent = " " * (len(line) - len(line.lstrip(" ")))
        lines_ = textwrap.wrap(
            line, width, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False
        )
        told += [each.replace("\x00", " ") for each in lines_]
    return "\n".join(told)


def short(name: str, most: int = LONGEST_NAME) -> str:
    """Return the name of a column as lines of text tell it: of a long one its beginning and its end.

    >>> short("age"), short("Which of the following films have you seen? Select all that apply: Episode I", 30)
    ('age', 'Which of the foll…y: Episode I')
    """
    if len(name) <= most:
        return name
    end = most * 2 // 5
    return f"{name[: most - end - 1].rstrip()}…{name[-end:].lstrip()}"


def _lines_of(group: Group, program: str, brief: bool, longest: int | None) -> list[str]:
    of = f" of {group.names}" if group.about else ""
    noted = group.verdict == "pass" and group.next
    saw = _shortened(group.saw, group.about)
    saw = saw if longest is None or len(saw) <= longest else saw[: longest - 1] + "…"
    told = [f"  {NOTED if noted else MARKS[group.verdict]} {group.level} {group.check}{of}: {saw}"]
    details: list[tuple[str, str]] = []
    if not brief and group.verdict != "pass":
        rows = list(dict.fromkeys(group.first.rows))
        details += [("expected", group.expected), ("rows", ", ".join(rows[:5]))]
    if not brief:
        details.append(("next", group.next))
    return told + [f"      {name}: {for_program(text, program)}" for name, text in details if text]


def _shortened(text: str, about: Sequence[str]) -> str:
    """Return what was seen with the long names of the columns that it is about shortened."""
    for name in about:
        if len(name) > LONGEST_NAME:
            text = text.replace(name, short(name))
    return text


def _group(members: Sequence[Finding]) -> Group:
    first = members[0]
    about = tuple(dict.fromkeys(f.about for f in members if f.about is not None))
    if len(members) == 1:
        return Group(tuple(members), about, first.saw, first.expected, first.next)
    saw, expected = (
        _shared([getattr(f, text) for f in members], first.about) for text in ("saw", "expected")
    )
    each = "".join(_option(name) for name in about) if len(about) <= MOST_NAMES else " --about COLUMN"
    todo = [f.next.replace(_option(f.about), _EACH) for f in members]
    return Group(tuple(members), about, saw, expected, _shared(todo, first.about).replace(_EACH, each))


def _shared(texts: Sequence[str], about: str | None) -> str:
    """Return the text of several findings: that of the first, its column left open where the others differ."""
    return texts[0] if len(set(texts)) == 1 else _of_any(texts[0], about)


def _option(about: str | None) -> str:
    return f" --about {shlex.quote(about)}" if about else "\0"


def _of_any(text: str, about: str | None) -> str:
    """Return the text with `…` in place of the column that it is about."""
    if not about:
        return text
    for name in (repr(about), about):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", text)
    return text


def _share(finding: Finding) -> float:
    share = finding.evidence.get("share")
    return float(share) if isinstance(share, int | float) else 0.0
