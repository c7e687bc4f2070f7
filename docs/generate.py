"""Write docs/reference from the code: `make docs`, or `python docs/generate.py --check` to compare only.

Nothing in docs/reference is written by hand: commands come from the command line, levels, checks and causes
from their tables, blanks from their declarations, HTTP from the server's own OpenAPI document.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

import fieldguide as fg
from fieldguide import errors
from fieldguide.cli.main import COMMANDS, cli
from fieldguide.comparing import CAUSES
from fieldguide.comparing.compare import LEVELS as FOUND_BY
from fieldguide.comparing.history import BUDGET, FEWEST, FLOORS
from fieldguide.journal import Journal, storage
from fieldguide.journal.entries import Answer, Refused
from fieldguide.ledger import schema
from fieldguide.ledger.rules import AMBIENT, CHOSEN, GATES, MOVES
from fieldguide.monitoring import CHECKS as MONITORED
from fieldguide.monitoring.act import CLEAN_WINDOWS, FAULTS
from fieldguide.monitoring.identities import ENOUGH, EXACT
from fieldguide.monitoring.windows import LEAST, SIZE
from fieldguide.program.columns import PARTS
from fieldguide.readiness.levels import levels_markdown
from fieldguide.serving import wire
from fieldguide.serving.metrics import Metrics
from fieldguide.serving.openapi import openapi
from fieldguide.serving.outcomes import parse_outcomes
from fieldguide.serving.service import Service
from fieldguide.tables.contract import MOST_ROWS, Refusal, contract, parse

HERE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py from the code; change the code, then run: make docs -->\n"
EXIT_CODES = {
    0: "fine",
    1: "something was found: a level below the required one, an alarm",
    2: "the call or the program is wrong",
    3: "refused by a gate",
    4: "the data could not be read",
    70: "our own error",
    130: "interrupted",
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; bars within cells are escaped."""
    lines = [[*head]]
    lines += [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    texts = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([texts[0], "|" + "---|" * len(lines[0]), *texts[1:]]) + "\n"


def prose(documented: object) -> str:
    """Return a docstring as Markdown: examples and indented blocks become fenced code."""
    text = re.sub(r" \((?:FACTS|DESIGN) [^)]*\)", "", inspect.getdoc(documented) or "")
    out: list[str] = []
    fence = ""
    for line in text.splitlines():
        if fence == "python" and not line.strip():
            out.append("```")
            fence = ""
        elif fence == "text" and line.strip() and not line.startswith(" "):
            out += ["```", ""]
            fence = ""
        if not fence and line.startswith(">>>"):
            out.append("```python")
            fence = "python"
        elif not fence and line.startswith("    ") and out and out[-1] == "":
            out.append("```text")
            fence = "text"
        if fence == "text":
            out.append(line.removeprefix("    "))
        else:
            out.append(line[:-1] if not fence and line.endswith("::") else line)
    if fence:
        out.append("```")
    return re.sub(r"\n+```$", "\n```", "\n".join(out), flags=re.MULTILINE)


def commands() -> str:
    """Every command with its arguments and options."""
    parts = [
        "# Commands\n",
        prose(cli) + "\n",
        table(
            ["command", "does"],
            [[f"[`{n}`](#{n})", _command(n).get_short_help_str(200)] for n in COMMANDS],
        ),
        "## Exit codes\n",
        table(["code", "means"], [[str(code), said] for code, said in EXIT_CODES.items()]),
    ]
    for name in COMMANDS:
        command = _command(name)
        root = click.Context(cli, info_name="fieldguide", **cli.context_settings)
        with click.Context(command, info_name=name, parent=root) as context:
            usage = " ".join(command.get_usage(context).split()).removeprefix("Usage: ")
            records = [r for p in command.get_params(context) if (r := p.get_help_record(context))]
        parts += [
            f"## {name}\n",
            f"```text\n{usage}\n```\n",
            _unwrapped(inspect.cleandoc(command.help or "")),
        ]
        parts.append(table(["option", "means"], [[f"`{option}`", said] for option, said in records if said]))
    return "\n".join(parts)


def _command(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


def _unwrapped(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")) + "\n"


def readiness() -> str:
    """The levels, the checks that guard them and the moves between them."""
    return "\n".join(
        [
            "# Readiness: levels and checks\n",
            "From the lowest level to the highest. Why they are so: [readiness levels](../explanations/readiness-levels.md).\n",
            levels_markdown(),
        ]
    )


def causes() -> str:
    """The closed list of causes: those that are named, and those that are not yet."""
    named = [c for c in CAUSES if c in FOUND_BY]
    others = [c for c in CAUSES if c not in FOUND_BY]
    check, level = FOUND_BY[None]
    return "\n".join(
        [
            "# Causes of a change\n",
            "What `cause` of a finding can be, the check that says it and the level that it keeps from. A cause in "
            "*italics* takes the model out of service while it lasts, if the model reads the column.\n",
            table(
                ["cause", "means", "check", "level"],
                [[_cause(c), CAUSES[c], f"`{FOUND_BY[c][0]}`", FOUND_BY[c][1]] for c in named],
            ),
            f'A change that none of them explains is reported as "changed, cause unknown": `cause` is null, the '
            f"check is `{check}`, the level {level}.\n",
            "The list is closed. Its other members are kept for causes that no check names yet: "
            + ", ".join(f"`{c}` ({CAUSES[c]})" for c in others)
            + ".\n",
        ]
    )


def _cause(cause: str) -> str:
    return f"*`{cause}`*" if cause in FAULTS else f"`{cause}`"


def monitoring() -> str:
    """What the monitor looks at, and the numbers that it goes by."""
    numbers = [
        ["a window", f"{SIZE:,} rows"],
        ["the least that `--once` judges", f"{LEAST:,} rows"],
        ["earlier windows that make a yardstick, at least", f"{FEWEST}"],
        ["quiet windows that may raise an alarm, all columns and tests together", f"{BUDGET:.1%}"],
        ["answers with matured outcomes that prove a neutral launch", f"{ENOUGH:,}"],
        ["live loss and objective at the constant agree within", f"{EXACT:g}"],
        ["windows without the finding that close an incident", f"{CLEAN_WINDOWS}"],
    ]
    floors = ", ".join(f"{name} {value:g}" for name, value in FLOORS.items())
    return "\n".join(
        [
            "# Monitoring: checks and numbers\n",
            "How it works, and why: [monitoring](../explanations/monitoring.md). A finding of these counts beside those of "
            "the last [grading](readiness.md): while one fails, the level is below the one that it keeps from.\n",
            table(
                ["level", "check", "holds when", "when it does not hold"],
                [[c.level, f"`{c.id}`", c.checks, c.next] for c in MONITORED.values()],
            ),
            "## Numbers\n",
            table(["what", "how much"], numbers),
            f"The least change of a statistic that is worth an alarm, whatever its significance: {floors} (shares of the "
            "rows; scale and spread as logarithms).\n",
        ]
    )


WORDS: tuple[type, ...] = (
    fg.Program, fg.Question, fg.Source, fg.CSV, fg.Hearsay, fg.Join, fg.Number, fg.Category, fg.Boolean, fg.Timestamp, fg.Text, fg.Presentation,
    fg.BinaryLabel, fg.NumericLabel, fg.CountLabel,
)  # fmt: skip


def fillings(blank: str) -> list[type]:
    """Return what a blank of learning can be filled with, in the order in which it is written."""
    module = getattr(fg, blank)
    base = getattr(
        module, {"models": "Model", "objectives": "Objective", "priors": "Prior"}.get(blank, "Optimizer")
    )
    return [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, base) and v is not base]


def blanks() -> str:
    """The words of a program file and what fills the blanks of learning."""
    parts = [
        "# The words of a program file\n",
        "Blanks without a default must be filled. Those marked *note* describe and answer questions of readiness; "
        "changing them does not change what a program does.\n",
    ]
    for word in WORDS:
        parts += [f"## {word.__name__}\n", prose(word) + "\n", _fields(word)]
    parts += [f"`parts=` of a Timestamp: {', '.join(f'`{part}`' for part in PARTS)}.\n"]
    for blank in ("models", "objectives", "priors", "optimizers"):
        parts.append(f"## {blank}\n")
        for kind in fillings(blank):
            parts += [f"### {blank}.{kind.__name__}\n", prose(kind) + "\n", _fields(kind)]
    parts += ["## What goes with what\n", "Tried out, filling by filling.\n", _pairs()]
    return "\n".join(part for part in parts if part)


def _fields(word: type) -> str:
    rows = []
    for f in dataclasses.fields(word):
        if not f.init or f.metadata.get("hidden"):
            continue
        default = "" if f.default is MISSING else f"`{f.default!r}`"
        note = "note" if f.metadata.get("note") else ""
        rows.append([f"`{f.name}`", f"`{f.type}`", default, note])
    return table(["blank", "kind", "default", ""], rows) if rows else ""


def _pairs() -> str:
    delay = timedelta(days=1)
    labels = [kind("y", arrives_within=delay) for kind in (fg.BinaryLabel, fg.NumericLabel, fg.CountLabel)]
    rows = [
        [type(label).__name__]
        + [_goes(label=label, model=fg.models.Mean(), objective=kind()) for kind in fillings("objectives")]
        for label in labels
    ]
    first = table(["", *(kind.__name__ for kind in fillings("objectives"))], rows)
    models: dict[str, Any] = {
        "Mean": fg.models.Mean(),
        "Heuristic": fg.models.Heuristic(rule),
        "Linear": fg.models.Linear(),
        "Boosted": fg.models.Boosted(),
        "Simplest": fg.models.Simplest(),
        "Estimator": fg.models.Estimator(_Nothing()),
    }
    others = [("prior", kind) for kind in fillings("priors")] + [
        ("optimizer", kind) for kind in fillings("optimizers")
    ]
    rows = [
        [name, *(_goes(label=labels[0], model=model, **{blank: kind()}) for blank, kind in others)]
        for name, model in models.items()
    ]
    assert set(models) == {kind.__name__ for kind in fillings("models")}
    return first + "\n" + table(["", *(f"{blank}={kind.__name__}()" for blank, kind in others)], rows)


class _Nothing:
    """Stands for an estimator."""

    def fit(self) -> None:
        """Do nothing."""

    def get_params(self) -> dict[str, object]:
        """Return no parameters."""
        return {}


def rule(seconds: float) -> float:
    """A first guess."""
    return min(seconds / 600, 1.0)


def _goes(**blanks: Any) -> str:
    usual: dict[str, Any] = {
        "question": fg.Question("?"),
        "source": fg.Source("visits.csv"),
        "features": [fg.Number("seconds")],
    }
    try:
        fg.Program(**(usual | blanks))
    except fg.ProgramError:
        return "no"
    return "yes"


def python() -> str:
    """The names of the package and the verbs with their arguments."""
    verbs = [n for n in fg.__all__ if inspect.isfunction(getattr(fg, n))]
    others = [n for n in fg.__all__ if n not in verbs]
    parts = [
        "# Python\n",
        "The package is imported as `import fieldguide as fg`. Its verbs do what the commands of the same name do; "
        "its words are [those of a program file](blanks.md), its errors [these](errors.md).\n",
        "Names: " + ", ".join(f"`{name}`" for name in others) + ".\n",
    ]
    for name in verbs:
        verb: Callable[..., Any] = getattr(fg, name)
        parts += [f"## {name}\n", f"```text\n{_signature(name, verb)}\n```\n", prose(verb) + "\n"]
    return "\n".join(parts)


def _signature(name: str, verb: Callable[..., Any]) -> str:
    signature = inspect.signature(verb)
    parameters = [p.replace(annotation=str(p.annotation)) for p in signature.parameters.values()]
    text = str(signature.replace(parameters=parameters, return_annotation=str(signature.return_annotation)))
    text = re.sub(r"<function (\w+) at 0x[0-9a-f]+>", r"\1", text).replace("'", "")
    text = re.sub(r"= ?(?=[,)])", '= ""', text)  # an empty text as default
    return textwrap.fill(f"{name}{text}", 100, subsequent_indent="    ", break_long_words=False)


def error_page() -> str:
    """The errors and the exit codes they give."""
    return f"# Errors\n\n{prose(errors)}\n"


def http() -> str:
    """The endpoints, from the OpenAPI document of a small program."""
    program = fg.Program(
        name="visits",
        question=fg.Question(ask="Will the visitor come back within a week?", one_row_is="a visit"),
        source=fg.Source("visits.csv", key="visit_id", time="seen_at"),
        features=[
            fg.Number("seconds", unit="second", low=0),
            fg.Category("plan"),
            fg.Timestamp("seen_at", parts=("hour",)),
        ],
        label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)),
    )
    service = Service(
        program=program,
        contract=contract(program),
        predict=lambda values: 0.5,
        constant=0.5,
        scale="probability",
        release="1",
        fitted_id="0",
    )
    document = openapi({"visits": service})
    rows = [
        [f"`{method.upper()} {path.replace('/visits/', '/{program}/')}`", _about(path, what)]
        for path, item in document["paths"].items()
        for method, what in item.items()
    ]
    rows += [[f"`GET {path}`", said] for path, said in OTHER_PATHS.items()]
    statuses: dict[str, str] = {}
    for item in document["paths"].values():
        for what in item.values():
            statuses |= {status: said["description"] for status, said in what["responses"].items()}
    statuses |= OTHER_STATUSES | {"200": "answered"}
    parts = [
        "# HTTP\n",
        "`fieldguide serve` answers on these paths. The running server's own `/openapi.json` has the row of "
        "each program that it serves; below is that of a small one.\n",
        table(["request", "does"], rows),
        "## Status\n",
        table(["status", "means"], sorted([status, said] for status, said in statuses.items())),
        "## Errors\n",
        "An error is a JSON object: `error` says in a sentence what was wrong. Where a row does not keep the "
        "contract, `path` is its place in the body (JSON path), `expected` and `given` say what was wanted and what "
        "stood there, `column` is the column, `reason` one word for counters, and `others` tells of up to nine more wrong "
        "places. None of a refused request's rows is answered.\n",
        table(["body", "status", "error"], [*_refused_rows(program), *_refused_outcomes(program)]),
        f"A body has at most {wire.LARGEST_BODY >> 20} MiB and {MOST_ROWS:,} rows or outcomes, and {wire.SLOWEST_BODY:g} "
        "seconds to arrive. Refused rows are journaled too, so that the monitor sees what callers send.\n",
        "## Rows\n",
        "Each raw column of the program's features is given by name; null is accepted unless the column is `required`; a "
        "name that is absent or unknown is refused, never guessed. Key, entity and time may be given and are journaled "
        "(time: when the prediction is made; left out: now). Presentation columns are optional. A category that was "
        "never seen is a valid value, and counted.\n",
        "## Outcomes\n",
        'One object, `{"outcomes": [one, …]}`, or a list of them. Each names its answer by `id` or by `key`. The same '
        "value again changes nothing; another one with a later `at` supersedes it, and the history is kept; the order in "
        "which they arrive does not matter. The response counts what became of them: `received`, and of these `new`, "
        "`corrected`, `unchanged` and `older` (kept as history behind a later one).\n",
        "## Metrics\n",
        table(["metric", "kind", "is"], _metrics()),
        "## Schemas\n",
    ]
    for name, kind in document["components"]["schemas"].items():
        parts += [f"### {name}\n", f"```json\n{json.dumps(kind, indent=2, ensure_ascii=False)}\n```\n"]
    return "\n".join(parts)


def _metrics() -> list[list[str]]:
    """Return name, kind and meaning of every family, as the server writes them."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), lambda: storage.EPOCH)
        said = Metrics().text(journal, {}).splitlines()
    about = {line.split(" ", 3)[2]: line.split(" ", 3)[3] for line in said if line.startswith("# HELP")}
    kinds = {line.split()[2]: line.split()[3] for line in said if line.startswith("# TYPE")}
    return [[f"`{name}`", kinds[name], about[name]] for name in about]


BAD_ROWS = (
    b'{"seconds": "42", "plan": "paid", "seen_at": null}',
    b'{"seconds": -1, "plan": "paid", "seen_at": null}',
    b'{"second": 42, "plan": "paid", "seen_at": null}',
    b'{"rows": [{"seconds": 42, "plan": "paid", "seen_at": "noon"}]}',
    b'{"seconds": 1e400, "plan": "paid", "seen_at": null}',
    b'{"seconds": 42, "seconds": 43, "plan": "paid", "seen_at": null}',
    b'{"seconds": 42,',
)
BAD_OUTCOMES = (b'{"key": "v1", "value": "yes"}', b'{"value": 1}')


def _refused_rows(program: fg.Program) -> list[list[str]]:
    kept, told = contract(program), []
    for body in BAD_ROWS:
        try:
            parse(kept, body)
        except Refusal as refusal:
            told.append(_told(body, refusal))
    assert len(told) == len(BAD_ROWS)
    return told


def _refused_outcomes(program: fg.Program) -> list[list[str]]:
    kept, told = contract(program), []
    for body in BAD_OUTCOMES:
        try:
            parse_outcomes(program, kept, body, 0)
        except Refusal as refusal:
            told.append(_told(body, refusal))
    assert len(told) == len(BAD_OUTCOMES)
    return told


def _told(body: bytes, refusal: Refusal) -> list[str]:
    error = {"path": refusal.path, "expected": refusal.expected, "given": refusal.given}
    return [f"`{body.decode()}`", str(refusal.status), f"`{json.dumps(error, ensure_ascii=False)}`"]


def _about(path: str, what: Mapping[str, Any]) -> str:
    if path.endswith("/predict"):
        return 'one row, or `{"rows": […]}`: the prediction for each, after it was journaled'
    if path.endswith("/outcomes"):
        return "what happened later, one or many, by the `id` of the answer or the row's `key`"
    return str(what["summary"])


OTHER_PATHS = {
    "/metrics": "counters for Prometheus",
    "/openapi.json": "this page for the programs that are served, as OpenAPI 3.1",
    "/": "the dashboard",
}
OTHER_STATUSES = {
    "403": "sent by a page of another site",
    "404": "no such program, or no such path",
    "405": "another method is expected",
    "408": "the body did not arrive in time",
}


def releases() -> str:
    """The legal moves of a release and the gates of a launch."""
    return "\n".join(
        [
            "# Releases: moves and gates\n",
            "Why they are so: [one change at a time](../explanations/one-change.md).\n",
            table(["from", "step", "to"], [[a, step, b] for (a, step), b in MOVES.items()]),
            "What is not in this table is refused.\n",
            "## Gates\n",
            "A launch is refused with exit code 3 unless these hold. A named person may waive one, for the next launch: "
            "`fieldguide waive PROGRAM GATE --by NAME --because …`.\n",
            table(["gate", "what must hold"], [[f"`{gate}`", said] for gate, said in GATES.items()]),
            "## Knobs\n",
            "Chosen: " + ", ".join(f"`{knob}`" for knob in CHOSEN) + f". Ambient: `{AMBIENT}`.\n",
        ]
    )


def home() -> str:
    """The tables of ledger and journal."""
    return "\n".join(
        [
            "# Home: ledger and journal, column by column\n",
            "What they are for, and what may be done with them: [the home folder](../home-folder.md).\n",
            "## ledger.db\n",
            "Times are ISO 8601 texts in UTC; structured values are JSON texts. A column with ? may be empty.\n",
            table(["table", "columns"], _tables(schema.metadata)),
            "## journal/worker-0.db\n",
            f"Version {storage.VERSION} of the tables (`PRAGMA user_version`). Times are microseconds since 1970 in UTC. `kind` is "
            f"{storage.ANSWERED} for an answer and {storage.REFUSED} for a refused row; `body` is MessagePack.\n",
            table(["table", "columns"], _tables(storage.metadata)),
            "### body of an answer\n",
            table(["field", "kind"], _struct(Answer)),
            prose(Answer) + "\n",
            "### body of a refused row\n",
            table(["field", "kind"], _struct(Refused)),
            prose(Refused) + "\n",
        ]
    )


def _tables(metadata: sa.MetaData) -> list[list[str]]:
    return [
        [f"`{one.name}`", ", ".join(f"`{c.name}`" + ("?" if c.nullable else "") for c in one.columns)]
        for one in metadata.sorted_tables
    ]


def _struct(kind: type) -> list[list[str]]:
    return [[f"`{name}`", f"`{said}`"] for name, said in kind.__annotations__.items()]


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "readiness.md": readiness,
    "causes.md": causes,
    "monitoring.md": monitoring,
    "home.md": home,
    "releases.md": releases,
    "blanks.md": blanks,
    "python.md": python,
    "errors.md": error_page,
    "http.md": http,
}


def written() -> dict[str, str]:
    """Return file name -> text of every page of the reference."""
    return {name: NOTE + "\n" + page().rstrip() + "\n" for name, page in PAGES.items()}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check say which differ; return the exit code."""
    pages = written()
    there = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.md")}
    stale = sorted({n for n in {*pages, *there} if pages.get(n) != there.get(n)})
    if "--check" in arguments:
        print("\n".join(f"docs/reference/{name} is not what the code says; run: make docs" for name in stale))
        return 1 if stale else 0
    HERE.mkdir(exist_ok=True)
    for name in stale:
        if name in pages:
            (HERE / name).write_text(pages[name], encoding="utf-8")
        else:
            (HERE / name).unlink()
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
