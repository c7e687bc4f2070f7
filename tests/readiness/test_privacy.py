"""A first look for personal data."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldguide.finding import Finding
from fieldguide.readiness.accessibility.privacy import RECOGNIZERS, Match, looks_like, personal_data_screen

EXAMPLES = {
    "e-mail addresses": ["ada@example.org", "a.b+c@mail.example.co.uk", "o'neill@example.com"],
    "phone numbers": [
        "+46 70 123 45 67",
        "(212) 555-0123",
        "212-555-0123",
        "1-212-555-0123",
        "+1 212 555 0123",
    ],
    "payment card numbers": [
        "4111 1111 1111 1111",
        "5555555555554444",
        "378282246310005",
        "6011-1111-1111-1117",
    ],
    "bank account numbers (IBAN)": ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000"],
    "network addresses (IP)": ["192.168.0.1", "8.8.8.8", "2001:db8::1"],
}
INNOCENT = [
    "2013-01-01", "2013-01-01 10:30:00", "12:30:05", "N14228", "EWR", "12.5", "-73.9857", "1.2.3", "v1.2.3.4b", "555-1234",
    "978-3-16-148410-0", "1048.36", "", "ada at example", "@ada", "UA-1545-EWR-IAH", "10115", "4111111111111112", "256.1.1.1",
    "2013-01-01|EWR|UA|1545", "1357924680", "GB82 WEST 1234 5698 7654 33", "AB12CDEFGHIJKLMNOP",
]  # fmt: skip


@pytest.mark.parametrize("kind", list(EXAMPLES))
def test_each_kind_is_recognized_and_only_as_itself(kind: str) -> None:
    for text in EXAMPLES[kind]:
        assert [k for k, is_one in RECOGNIZERS.items() if is_one(text)] == [kind], text


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_texts_are_not_taken_for_personal(text: str) -> None:
    assert [kind for kind, is_one in RECOGNIZERS.items() if is_one(text)] == []


def test_ids_that_look_like_cards_pass_the_checksum_by_chance_only() -> None:
    ids = [str(4_000_000_000_000_000 + 7 * i) for i in range(2_000)]
    assert looks_like(ids) is None
    assert looks_like(["4111111111111111", "4012888888881881", "5105105105105100"]) == Match(
        "payment card numbers", 1.0
    )


def verdict(share: float, declared: str | None) -> Finding:
    return personal_data_screen({"contact": Match("e-mail addresses", share), "plan": None}, declared)[0]


@pytest.mark.parametrize(
    ("share", "declared", "expected"),
    [
        (0.9, "none", "fail"), (0.05, "None", "fail"), (0.04, "none", "pass"), (0.9, "e-mail, by consent", "pass"), (0.9, None, "pass"),
    ],
)  # fmt: skip
def test_it_fails_only_where_the_owner_says_that_there_are_none(
    share: float, declared: str | None, expected: str
) -> None:
    finding = verdict(share, declared)
    assert (finding.verdict, finding.about, finding.level) == (expected, "contact", "C2")
    assert "e-mail addresses" in finding.saw


def test_a_clean_table_says_what_was_looked_for_and_what_cannot_be_seen() -> None:
    found = personal_data_screen({"plan": None}, "none")
    assert [f.verdict for f in found] == ["pass"]
    assert "names and free text are not seen" in found[0].saw


def test_made_up_people_are_seen(shared: Path) -> None:
    import csv

    with (shared / "pii_fakenames" / "FakeNameGenerator.com_3000.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    matches = {name: looks_like([row[name] for row in rows if row[name]]) for name in rows[0]}
    seen = {name for name, match in matches.items() if match is not None and match.share >= 0.05}
    # the card numbers in this file went through a spreadsheet (5.54563E+15) and are none any more
    assert seen == {"EmailAddress", "TelephoneNumber"}
