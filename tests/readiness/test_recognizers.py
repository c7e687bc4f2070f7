"""Numbers with check digits: published examples hold, their neighbors do not, and arbitrary numbers hold by chance only."""

from __future__ import annotations

import numpy as np
import pytest

from fieldguide.readiness.accessibility.privacy.cells import cells
from fieldguide.readiness.accessibility.privacy.column import by_form
from fieldguide.readiness.accessibility.privacy.national import NATIONAL
from fieldguide.readiness.accessibility.privacy.patterns import FORMS, kinds_inside
from fieldguide.readiness.accessibility.privacy.recognizer import beyond_chance, recognize, tail

BY_NAME = {form.what: form for form in FORMS}

PUBLISHED = {
    "US social security numbers": ["219-09-9999", "078-05-1120"],
    "British national insurance numbers": ["AB 12 34 56 C", "JG103759A"],
    "French social security numbers (NIR)": ["2 55 08 14 168 025 38", "255081416802538"],
    "German tax ids": ["86095742719", "47036892816", "65929970489"],
    "Spanish DNI or NIE": ["12345678Z", "X1234567L"],
    "Italian tax codes": ["RSSMRA85T10A562S", "MRTMTT91D08F205J"],
    "Swedish personal numbers": ["811228-9874", "19811228-9874", "670919-9530"],
    "Finnish personal identity codes": ["131052-308T", "010101-123N"],
    "Norwegian personal numbers": ["01010750160"],
    "Danish personal numbers": ["070761-4285"],
    "Polish PESEL": ["44051401359", "02070803628"],
    "Dutch BSN": ["111222333", "123456782"],
    "Brazilian CPF": ["111.444.777-35", "529.982.247-25"],
    "Indian Aadhaar numbers": ["2341 2341 2346"],
    "Canadian SIN": ["130 692 544"],
    "Swiss AHV numbers": ["756.9217.0769.85"],
    "Belgian national numbers": ["85.07.30-033.28"],
    "Czech or Slovak birth numbers": ["780123/3540"],
    "Romanian CNP": ["1800101221144"],
    "Turkish identity numbers": ["10000000146"],
    "South African identity numbers": ["8001015009087"],
    "Chinese resident ids": ["11010519491231002X"],
    "Baltic personal codes": ["37605030299", "33309240064"],
    "Irish PPS numbers": ["1234567T", "1234567FA"],
    "Mexican CURP": ["HEGG560427MVZRRL04"],
    "Chilean RUT": ["12.678.579-8"],
    "British NHS numbers": ["943 476 5919"],
    "payment card numbers": ["4111 1111 1111 1111", "5555555555554444", "378282246310005", "6011-1111-1111-1117", "30569309025904"],
    "bank account numbers (IBAN)": ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "NO9386011117947", "FR1420041010050500013M02606"],
    "vehicle identification numbers": ["1M8GDM9AXKP042788"],
    "hardware addresses (MAC)": ["00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7"],
    "network addresses (IP)": ["192.168.0.1"],
    "network addresses (IPv6)": ["2001:db8::8a2e:370:7334"],
    "phone numbers": ["+46 70 123 45 67", "(212) 555-0123", "+1-539-402-0259", "001-284-878-5482x9038"],
    "American phone numbers": ["212-555-0123", "1-212-555-0123"],
    "French phone numbers": ["02.64.62.52.37"],
    "e-mail addresses": ["ada@example.org", "a.b+c@mail.example.co.uk", "o'neill@example.com", "jörg@müller.de"],
}  # fmt: skip


@pytest.mark.parametrize("what", list(PUBLISHED))
def test_published_examples_hold(what: str) -> None:
    form = BY_NAME[what]
    for text in PUBLISHED[what]:
        assert form.looks.fullmatch(text), text
        assert form.holds(text), text


WITHOUT_CHECK = ("British national insurance numbers", "network addresses (IPv6)", "French phone numbers")


@pytest.mark.parametrize(
    "what", [w for w in PUBLISHED if 1e-5 < BY_NAME[w].chance < 0.2 and w not in WITHOUT_CHECK]
)
def test_most_neighbors_of_a_number_with_a_check_digit_do_not_hold(what: str) -> None:
    form, text = BY_NAME[what], PUBLISHED[what][0]
    places = [i for i, c in enumerate(text) if c.isdigit()]
    near = {text[:i] + str((int(text[i]) + k) % 10) + text[i + 1 :] for i in places for k in range(1, 10)}
    held = [one for one in near if form.looks.fullmatch(one) and form.holds(one)]
    assert len(held) <= 0.2 * len(near)


INNOCENT = [
    "2013-01-01", "2013-01-01 10:30:00", "12:30:05", "N14228", "EWR", "12.5", "-73.9857", "1.2.3", "v1.2.3.4b", "555-1234", "978-3-16-148410-0",
    "1048.36", "", "ada at example", "@ada", "UA-1545-EWR-IAH", "10115", "4111111111111112", "256.1.1.1", "2013-01-01|EWR|UA|1545", "1357924680",
    "GB82 WEST 1234 5698 7654 33", "AB12CDEFGHIJKLMNOP", "0000123456", "+12.5", "+1234567.891", "1575417600000", "10.0.0.1.2", "1.2.3.4",
]  # fmt: skip


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_texts_are_nothing(text: str) -> None:
    alone = [
        f.what for f in FORMS if not f.named and f.chance < 0.3 and f.looks.fullmatch(text) and f.holds(text)
    ]
    assert alone == []


@pytest.mark.parametrize("form", [n for n in NATIONAL if not n.named], ids=lambda f: f.what)
def test_arbitrary_numbers_of_the_form_hold_as_often_as_chance_is_said_to_be(form: object) -> None:
    """The stated chance bounds the true one, so that a column of such numbers is not taken for persons'."""
    r = np.random.default_rng(5)
    example = PUBLISHED.get(form.what, [""])[0]  # type: ignore[attr-defined]
    if not example:
        pytest.skip("no published example to take the form from")

    def drawn() -> str:
        signs = {True: "0123456789", False: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
        return "".join(
            signs[c.isdigit()][int(r.integers(10 if c.isdigit() else 26))] if c.isalnum() else c
            for c in example
        )

    hits = recognize(form, [drawn() for _ in range(4_000)])  # type: ignore[arg-type]
    if hits.alike < 100:
        return
    assert len(hits.held) <= 1.3 * form.chance * hits.alike + 3  # type: ignore[attr-defined]
    assert not beyond_chance(hits)


def test_a_few_numbers_that_hold_are_chance_and_many_are_not() -> None:
    assert tail(4, 4, 0.1) == pytest.approx(1e-4)
    digits = [str(4_000_000_000_000_000 + 7 * i) for i in range(2_000)]
    assert by_form(cells("id", digits)) == []
    real = [
        "4111111111111111",
        "4012888888881881",
        "4222222222222220",
        "5105105105105100",
        "5555555555554444",
        "378282246310005",
    ]
    assert [m.kind for m in by_form(cells("c", real))] == ["card"]
    assert by_form(cells("c", real[:2])) == []


def test_personal_data_inside_texts_are_found_and_order_numbers_are_not() -> None:
    assert kinds_inside("my card is 4111 1111 1111 1111, iban DE89 3704 0044 0532 0130 00") == (
        "card",
        "bank_account",
    )
    assert (
        kinds_inside(
            "order 123-456-7890-1, batch 4111 1111 1111 1112, version 1.2.3.4, at 10:30 on 2013-01-01"
        )
        == ()
    )
