"""What people answer: in the program file, or by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fieldguide.errors import UsageError
from fieldguide.finding import Finding
from fieldguide.program import Boolean, Category, Join, Number, Question, Source, Timestamp
from fieldguide.readiness import answers
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.levels import CHECKS

NOW = datetime(2024, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def is_weekend(at: datetime) -> bool:
    """Saturday or Sunday."""
    return at.weekday() >= 5


def undescribed(at: datetime) -> bool:
    return at.weekday() >= 5


def answer(check: str, about: str | None = None, until: datetime | None = None) -> Answer:
    return Answer(check, "Ada", NOW - DAY, about, "asked the owner", until)


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {f.check: f for f in findings}


def test_what_the_file_declares_counts_as_answered_by_the_owner() -> None:
    source = Source(
        "x.csv",
        owner="ops",
        owner_contact="ops@example.org",
        license="CC0",
        purpose="planning",
        personal_data="none",
    )
    told = by_check(answers.of_source(source, [], NOW))
    assert {f.verdict for f in told.values()} == {"pass"}
    assert told["license"].saw == "declared in the program file by ops <ops@example.org>: CC0"


def test_what_nobody_answered_is_unknown_and_says_where_to_write_it() -> None:
    told = by_check(answers.of_source(Source("x.csv"), [], NOW))
    assert {name for name, f in told.items() if f.verdict == "unknown"} == {
        "owner",
        "license",
        "purpose",
        "personal_data",
    }
    assert {name for name, f in told.items() if f.verdict == "pass"} == {"legal_basis", "ethics"}
    assert "Source(license=" in told["license"].next
    assert "fieldguide confirm P license --by NAME" in told["license"].next


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_declaration_is_no_answer(blank: str) -> None:
    assert (
        by_check(answers.of_source(Source("x.csv", license=blank), [], NOW))["license"].verdict == "unknown"
    )


def test_a_named_person_answers_until_the_answer_expires() -> None:
    recorded = [answer("license", until=NOW + DAY)]
    now = by_check(answers.of_source(Source("x.csv"), recorded, NOW))["license"]
    assert (now.verdict, now.saw) == ("pass", "confirmed by Ada on 2024-05-31: asked the owner")
    later = by_check(answers.of_source(Source("x.csv"), recorded, NOW + DAY))["license"]
    assert (later.verdict, later.saw) == ("unknown", "the answer of Ada expired on 2024-06-02")


def test_an_answer_about_one_source_or_column_answers_for_no_other() -> None:
    weather = answers.of_source(Source("w.csv"), [answer("license", "weather")], NOW, "weather")
    assert by_check(weather)["license"].verdict == "pass"
    assert (
        by_check(answers.of_source(Source("x.csv"), [answer("license", "weather")], NOW))["license"].verdict
        == "unknown"
    )
    ages = [Number("age", about="years"), Number("height", about="tall")]
    told = answers.of_columns(ages, [answer("units", "age")], NOW, "ops")
    assert {f.about: f.verdict for f in told if f.check == "units"} == {"age": "pass", "height": "unknown"}
    told = answers.of_columns(ages, [answer("units")], NOW, "ops")
    assert {f.verdict for f in told if f.check == "units"} == {"pass"}


def test_columns_are_described_by_about_or_by_the_docstring_of_their_function() -> None:
    columns = [
        Category("plan"),
        Boolean("weekend", of=is_weekend),
        Boolean("odd", of=undescribed),
        Number("age", unit="year"),
    ]
    told = {(f.check, f.about): f for f in answers.of_columns(columns, [], NOW, "ops")}
    assert told["described", "weekend"].saw.endswith("Saturday or Sunday.")
    assert told["described", "odd"].verdict == "unknown"
    assert told["described", "plan"].verdict == "unknown"
    assert told["units", "age"].verdict == "pass"
    assert ("units", "plan") not in told


def test_a_column_named_as_feature_and_as_input_needs_one_description() -> None:
    columns = [Timestamp("at", parts=("hour",)), Timestamp("at", about="as published")]
    told = [f for f in answers.of_columns(columns, [], NOW, "ops") if f.check == "described"]
    assert [(f.about, f.verdict) for f in told] == [("at", "pass")]


def test_without_numbers_there_is_no_unit_to_ask_for() -> None:
    told = by_check(answers.of_columns([Category("plan")], [], NOW, "ops"))
    assert told["units"].verdict == "pass"


def test_question_and_decision() -> None:
    told = by_check(answers.of_question(Question("Late?", "a departure", ""), [], NOW, "ops"))
    assert (told["question"].verdict, told["decision"].verdict) == ("pass", "unknown")
    told = by_check(answers.of_question(Question("Late?"), [], NOW, "ops"))
    assert told["question"].verdict == "unknown"


def test_joining_sources_with_different_purposes_needs_a_person() -> None:
    def joined(purpose: str | None) -> Source:
        weather = Source("w.csv", key="h", purpose=purpose)
        return Source("x.csv", time="at", purpose="planning", joins=[Join(weather, on="place", as_of="h")])

    assert answers.of_joins(joined("Planning "), [], NOW)[0].verdict == "pass"
    assert answers.of_joins(joined(None), [], NOW)[0].verdict == "pass"
    differing = answers.of_joins(joined("insurance"), [], NOW)[0]
    assert (differing.verdict, differing.level) == ("unknown", "C2")
    assert "insurance; planning" in differing.saw
    assert answers.of_joins(joined("insurance"), [answer("shared_purpose")], NOW)[0].verdict == "pass"
    assert answers.of_joins(Source("x.csv"), [], NOW)[0].verdict == "pass"


def test_only_questions_to_people_can_be_confirmed() -> None:
    for name, check in CHECKS.items():
        if check.kind == "human":
            answers.answerable(name)
            continue
        with pytest.raises(UsageError, match="cannot be confirmed; waive it"):
            answers.answerable(name)
    with pytest.raises(UsageError, match="Did you mean 'license'"):
        answers.answerable("licence")


def personal(declared: str | None, *found: str, persons: bool = False) -> answers.Personal:
    return answers.Personal(declared, found, persons)


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        (personal(None), set()),
        (personal("none"), set()),
        (personal("none", "e-mail addresses"), set()),  # what contradicts the declaration fails elsewhere
        (personal("names"), {"legal_basis", "ethics"}),
        (personal(None, "e-mail addresses"), {"legal_basis", "ethics"}),
        (personal("names, by consent"), {"ethics"}),
        (personal("phone numbers of hospitals", "phone numbers"), set()),
        (personal("none", persons=True), set()),
        (personal(None, persons=True), set()),
    ],
)
def test_legal_basis_and_ethics_are_asked_where_there_are_personal_data(
    known: answers.Personal, asked: set[str]
) -> None:
    told = by_check(answers.of_source(Source("x.csv", personal_data=known.declared), [], NOW, None, known))
    assert {name for name in ("legal_basis", "ethics") if told[name].verdict == "unknown"} == asked
    for name in asked:
        assert f"Source({name}=" in told[name].next
        assert f"fieldguide confirm P {name} --by NAME" in told[name].next
        assert ": " in told[name].saw


def test_where_rows_only_describe_persons_ethics_is_a_note() -> None:
    known = personal("none", persons=True)
    told = by_check(answers.of_source(Source("x.csv", personal_data="none"), [], NOW, None, known))["ethics"]
    assert (told.verdict, "somebody should" in told.saw) == ("pass", True)
    assert "Source(ethics=" in told.next
    answered = Source("x.csv", personal_data="none", ethics="data council 2024-01")
    assert "data council" in by_check(answers.of_source(answered, [], NOW, None, known))["ethics"].saw


def test_a_legal_basis_is_declared_or_confirmed_and_expires() -> None:
    source = Source("x.csv", personal_data="names", legal_basis="contract", ethics="data council 2024-01")
    told = by_check(answers.of_source(source, [], NOW))
    assert (told["legal_basis"].verdict, told["ethics"].verdict) == ("pass", "pass")
    source = Source("x.csv", personal_data="names")
    given = [answer("legal_basis", until=NOW + DAY), answer("ethics", until=NOW + DAY)]
    told = by_check(answers.of_source(source, given, NOW))
    assert (told["legal_basis"].verdict, told["ethics"].verdict) == ("pass", "pass")
    later = by_check(answers.of_source(source, given, NOW + DAY))
    assert later["legal_basis"].verdict == "unknown"
    assert "expired on 2024-06-02" in later["legal_basis"].saw


def test_what_a_person_said_of_personal_data_counts_like_the_file_until_it_expires() -> None:
    said = Answer("personal_data", "Ada", NOW - DAY, None, "names and phone numbers", NOW + DAY)
    assert answers.said_of_persons(Source("x.csv"), [said], NOW) == "names and phone numbers"
    assert answers.said_of_persons(Source("x.csv"), [said], NOW + DAY) is None
    assert answers.said_of_persons(Source("x.csv", personal_data="none"), [said], NOW) == "none"
    other = Answer("personal_data", "Ada", NOW - DAY, "weather.csv", "none")
    assert answers.said_of_persons(Source("x.csv"), [other], NOW) is None
    assert answers.said_of_persons(Source("x.csv"), [other], NOW, "weather.csv") == "none"


def test_terms_that_may_forbid_the_purpose_are_told() -> None:
    told = by_check(answers.of_source(Source("x.csv", license="CC BY-NC 4.0", purpose="sales"), [], NOW))
    assert (told["license"].verdict, "non-commercial" in told["license"].saw) == ("pass", True)
    assert told["license"].next
    fine = by_check(answers.of_source(Source("x.csv", license="CC BY-NC 4.0", purpose="research"), [], NOW))
    assert "non-commercial" not in fine["license"].saw


def test_a_waiver_counts_until_it_expires() -> None:
    from fieldguide.readiness.answers import Waiver
    from fieldguide.readiness.checks import found
    from fieldguide.readiness.grade import level_of

    passing = [found(name, "pass", "fine") for name, one in CHECKS.items() if one.level in ("C4", "C3")]
    failing = found("fresh", "fail", "late")
    others = [found(n, "pass", "fine") for n, c in CHECKS.items() if c.level in ("C2", "C1") and n != "fresh"]
    waiver = Waiver("fresh", "Ada", NOW - DAY, None, "an archive", NOW + DAY)
    assert level_of([*passing, *others, failing], [waiver], NOW).level == "C1"
    assert level_of([*passing, *others, failing], [waiver], NOW + DAY).level == "C2"
