"""Personal data: what is recognized, what is not, and what is said of it."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldguide.finding import Finding
from fieldguide.readiness.accessibility.privacy import presidio
from fieldguide.readiness.accessibility.privacy.cells import cells, masked
from fieldguide.readiness.accessibility.privacy.column import Match
from fieldguide.readiness.accessibility.privacy.kinds import KINDS, declares, declares_none
from fieldguide.readiness.accessibility.privacy.screen import personal_data_hints, personal_data_screen
from fieldguide.readiness.accessibility.privacy.table import Looked, look
from fieldguide.readiness.accessibility.privacy.words import kinds_named

BENCH = Path(__file__).parents[2] / "bench" / "worlds_of_privacy.py"


@pytest.fixture(scope="module")
def worlds() -> ModuleType:
    """The columns of bench/privacy.py."""
    spec = importlib.util.spec_from_file_location("worlds_of_privacy", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(**columns: Sequence[object]) -> Looked:
    return look([cells(name, values) for name, values in columns.items()])


def kinds(looked: Looked) -> Mapping[str, str]:
    return {name: match.kind for name, match in looked.found.items()}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("EmailAddress", "email"), ("contact_email", "email"), ("Courriel", "email"), ("correo electrónico", "email"), ("phone1", "phone"),
        ("Telefonnummer", "phone"), ("n° de téléphone", "phone"), ("CCNumber", "card"), ("CVV2", "card_code"), ("Kreditkartennummer", "card"),
        ("dob", "birth_date"), ("Geburtsdatum", "birth_date"), ("Födelsedatum", "birth_date"), ("date de naissance", "birth_date"),
        ("LAST_NAME", "name"), ("Vorname", "name"), ("apellidos", "name"), ("MothersMaiden", "name"), ("Straße", "street"), ("PLZ", "postal_code"),
        ("código postal", "postal_code"), ("soc_sec_id", "national_id"), ("personnummer", "national_id"), ("codice fiscale", "national_id"),
        ("userName", "username"), ("mot de passe", "password"), ("hasło", "password"), ("IPAddress", "ip"), ("license plate", "vehicle"),
    ],
)  # fmt: skip
def test_a_columns_name_speaks_of_its_kind_in_several_languages(name: str, kind: str) -> None:
    assert kinds_named(name)[:1] == (kind,)


@pytest.mark.parametrize(
    "name",
    [
        "phone_type", "has_email", "email_opened", "n_phones", "card_count", "email_verified_at", "HospitalName", "product name", "market_cap",
        "birth_rate", "MeasureCode", "tailnum", "flight", "time_hour", "user_feature_0", "capital_gain", "propensity_score", "username_changed",
    ],
)  # fmt: skip
def test_words_beside_it_take_the_meaning_away(name: str) -> None:
    assert [k for k in kinds_named(name) if KINDS.get(k) is None or KINDS[k].group != "quasi"] == []


def test_a_name_is_believed_only_when_the_values_have_its_form() -> None:
    assert kinds(table(phone=["yes", "no"] * 20)) == {}
    assert kinds(table(email=["weekly", "never"] * 20)) == {}
    assert kinds(table(birth=[f"{n} g" for n in range(2_000, 2_040)])) == {}
    assert kinds(table(phone=[f"{n:07d}" for n in range(6_000_000, 6_000_040)])) == {"phone": "phone"}


def test_a_card_number_that_a_spreadsheet_cut_is_still_one() -> None:
    cut = [f"{4 + i / 100:.5f}E+15" for i in range(60)]
    assert kinds(table(CCNumber=cut)) == {"CCNumber": "card"}
    assert kinds(table(charge=cut)) == {}
    assert kinds(table(card_no=[4.55e15 + i * 1e10 for i in range(60)])) == {"card_no": "card"}


def test_expiry_dates_are_personal_beside_a_card_and_places_beside_a_person() -> None:
    expiry = [f"{m:02d}/2{y}" for m in range(1, 13) for y in range(4, 8)]
    assert kinds(table(expiry_date=expiry)) == {}
    both = table(card_number=[f"41111111111{i:05d}" for i in range(48)], expiry_date=expiry)
    assert kinds(both) == {"card_number": "card", "expiry_date": "card_expiry"}
    towns, zips = ["Lund", "Malmö", "Umeå"] * 16, [f"{n}" for n in range(22_000, 22_048)]
    assert kinds(table(city=towns, zip=zips)) == {}
    assert set(kinds(table(surname=["Holm", "Ek", "Berg"] * 16, city=towns, zip=zips))) == {
        "surname",
        "city",
        "zip",
    }


def test_coordinates_are_personal_in_a_table_of_persons_only() -> None:
    r = np.random.default_rng(0)
    lat, lon = [f"{x:.6f}" for x in r.uniform(55, 60, 50)], [f"{x:.6f}" for x in r.uniform(11, 18, 50)]
    airports = table(code=[f"A{i}" for i in range(50)], lat=lat, lon=lon)
    assert kinds(airports) == {}
    assert {match.kind for _, match in airports.hints} == {"coordinates"}
    riders = table(rider_id=list(range(50)), latitude=lat, longitude=lon)
    assert set(kinds(riders)) == {"latitude", "longitude"}
    coarse = table(rider_id=list(range(50)), latitude=[x[:5] for x in lat], longitude=[x[:5] for x in lon])
    assert kinds(coarse) == {}


def test_names_are_found_by_list_where_the_header_leaves_it_open() -> None:
    people = ["Anna Schmidt", "John Smith", "Maria Rossi", "Lars Nilsson", "Peter Müller", "Emma Dubois"] * 4
    movies = ["The Matrix", "Blade Runner", "Alien", "Solaris", "Stalker", "Metropolis"] * 4
    assert kinds(table(name=people)) == {"name": "name"}
    assert kinds(table(name=movies)) == {}
    assert kinds(table(author=["Smith, John", "Rossi, Maria", "Nilsson, Lars"] * 5)) == {"author": "name"}
    assert kinds(table(product_name=people[:6])) == {}


def test_dates_of_birth_are_seen_by_the_decades_they_spread_over_in_a_table_of_persons() -> None:
    r = np.random.default_rng(1)
    born = [str(np.datetime64("1935-01-01") + int(d)) for d in r.integers(0, 25_000, 200)]
    joined = [str(np.datetime64("2015-01-01") + int(d)) for d in r.integers(0, 2_000, 200)]
    names = ["Holm", "Ek", "Berg", "Lund"] * 50
    assert kinds(table(surname=names, d1=born, d2=joined)) == {"surname": "name", "d1": "birth_date"}
    assert kinds(table(station=names, d1=born)) == {}
    assert kinds(table(surname=names, hire_date=born)) == {"surname": "name"}


def test_longer_texts_are_searched() -> None:
    notes = [f"the customer wrote about order {i} and was happy with it" for i in range(90)]
    told = [f"please call +46 70 123 45 {i:02d} or write to a{i}@example.org about it" for i in range(10)]
    looked = table(note=[*notes, *told])
    assert kinds(looked) == {"note": "email"}
    assert looked.kinds == ("email", "phone")
    few = table(note=[*notes, told[0]])
    assert kinds(few) == {}
    assert {match.kind for _, match in few.hints} == {"email", "phone"}
    assert few.texts == ("note",)


def test_records_are_searched_too() -> None:
    nested = pa.chunked_array([pa.array([{"id": i, "mail": f"a{i}@example.org"} for i in range(30)])])
    written = [f'{{"id": {i}, "mail": "a{i}@example.org"}}' for i in range(30)]
    assert kinds(look([cells("payload", nested), cells("body", written)])) == {
        "payload": "email",
        "body": "email",
    }


def test_what_describes_persons_makes_a_table_one_about_persons() -> None:
    looked = table(age=list(range(20, 70)), sex=["f", "m"] * 25, marital_status=["married", "single"] * 25)
    assert (looked.persons, kinds(looked)) == (True, {})
    assert set(looked.quasi) == {"age", "sex", "marital_status"}
    assert not table(age=list(range(20, 70)), plan=["free", "pro"] * 25).persons


def verdict(share: float, declared: str | None) -> Finding:
    looked = Looked(
        {"contact": Match("email", share, "form", "e-mail addresses", ("ada@example.org",))}, columns=2
    )
    return personal_data_screen(looked, declared)[0]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("none", "fail"), ("None.", "fail"), ("e-mail, by consent", "pass"), ("contact details", "pass"), ("E-Mail-Adressen: email", "pass"),
        ("names", "unknown"), ("pseudonymous visitor id", "unknown"), (None, "pass"), ("", "pass"),
    ],
)  # fmt: skip
def test_what_was_found_is_held_against_what_is_declared(declared: str | None, expected: str) -> None:
    finding = verdict(0.9, declared)
    assert (finding.verdict, finding.about, finding.level) == (expected, "contact", "C2")
    assert "e-mail addresses" in finding.saw
    assert finding.evidence["personal"] is True  # what shows columns leaves this one out
    if expected == "fail":
        assert 'personal_data="e-mail addresses"' in finding.next
    if expected == "unknown":
        assert "add 'e-mail addresses'" in finding.next


def test_values_are_never_shown() -> None:
    looked = table(
        EmailAddress=[f"ada{i}@example.org" for i in range(20)], Password=[f"hunter{i}2" for i in range(20)],
        SSN=[f"123-45-67{i:02d}" for i in range(10, 30)], note=[f"my number is 212-555-01{i:02d} and so on and on" for i in range(10, 30)],
    )  # fmt: skip
    assert len(looked.found) == 4
    for declared in ("none", None, "names"):
        for finding in [*personal_data_screen(looked, declared), *personal_data_hints(looked)]:
            shown = f"{finding}"
            for secret in ("ada", "hunter", "123-45", "555-01"):
                assert secret not in shown
    assert masked("Ada Lovelace, 1815") == "Xxx Xxxxxxxx, 9999"


def test_a_clean_table_says_so_and_below_the_bar_is_a_hint() -> None:
    looked = table(plan=["free", "pro"] * 30, code=[*[f"x-{i}" for i in range(99)], "ada@example.org"][:60])
    found = personal_data_screen(looked, "none")
    assert [f.verdict for f in found] == ["pass"]
    assert "none holds" in found[0].saw
    rare = table(code=[*[f"x-{i}" for i in range(99)], "ada@example.org"])
    hint = personal_data_hints(rare)[0]
    assert (hint.verdict, hint.about) == ("pass", "code")
    assert "1.0% of the distinct values" in hint.saw
    assert kinds(rare) == {}


def test_declarations_are_read_by_their_words() -> None:
    assert declares_none("No personal data")
    assert declares_none("keine")
    assert not declares_none("none of the names are real; e-mail addresses are")
    assert declares("names and dates of birth", "birth_date")
    assert not declares("renamed columns", "name")
    assert declares("Name, Telefon", "phone")


def test_made_up_people_are_seen_in_every_column_that_is_about_them_and_in_no_other(shared: Path) -> None:
    with (shared / "pii_fakenames" / "FakeNameGenerator.com_3000.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    looked = look([cells(name, [row[name] for row in rows]) for name in rows[0]])
    assert set(looked.found) == {
        "GivenName", "MiddleInitial", "Surname", "MothersMaiden", "StreetAddress", "City", "ZipCode", "EmailAddress", "Username", "Password",
        "TelephoneNumber", "Birthday", "CCNumber", "CVV2", "CCExpires", "NationalID",
    }  # fmt: skip
    assert {"Gender", "Age", "Occupation", "Company", "State", "Country"} <= set(looked.quasi)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adult/data", set()), ("ai4i2020/data", set()), ("bank_marketing/data", set()), ("bike_sharing_hourly/data", set()),
        ("dirty_flights/dirty", set()), ("dirty_hospital/dirty", {"PhoneNumber"}), ("elnino_sst/data", set()), ("houses_missingness/clean", set()),
        ("labelerrors_20news/predictions", set()), ("nyc_hourly_weather_2013/data", set()), ("obd_men/bts", set()),
        ("seattle_newyork_weather/data", set()), ("tweets_trump/data", set()),
    ],
)  # fmt: skip
def test_tables_about_other_things_are_left_alone(shared: Path, name: str, expected: set[str]) -> None:
    """The phone numbers of hospitals look like phone numbers: whose they are is for the owner to say."""
    rows: pa.Table = pq.read_table(shared / f"{name}.parquet").slice(0, 5_000)
    looked = look([cells(column, rows[column]) for column in rows.column_names])
    assert set(looked.found) == expected


def test_clean_columns_are_not_called_personal(worlds: ModuleType) -> None:
    """Six seeds of eighty kinds of innocent columns; bench/privacy.py runs two hundred."""
    wrong = []
    for seed in range(6):
        r = np.random.default_rng(1_000 + seed)
        rows = int(r.choice([20, 100, 500]))
        looked = look([cells(name, list(map(str, make(r, rows)))) for _, name, make in worlds.CLEAN])
        wrong += [(seed, name, looked.found[name]) for name in looked.found]
    assert wrong == []


@pytest.mark.parametrize("named", [True, False])
def test_columns_of_made_up_persons_are_found(worlds: ModuleType, named: bool) -> None:
    """Twelve countries, with a header in their language and without any; what has no form needs the header."""
    by_header_only = {
        "town",
        "postal code",
        "user name",
        "password",
        "street",
        "national id",
        "surnames",
        "full names",
    }
    missed, wrong = [], []
    for seed in range(8):
        people = worlds.persons(np.random.default_rng(2_000 + seed), 120)
        names = {name: name if named else f"c{i}" for i, name in enumerate(people)}
        found = look([cells(names[name], values) for name, (_, values) in people.items()]).found
        missed += [
            k
            for name, (k, _) in people.items()
            if k and names[name] not in found and (named or k not in by_header_only)
        ]
        wrong += [name for name, (k, _) in people.items() if k is None and names[name] in found]
    assert (missed, wrong) == ([], [])


class Recognizer:
    """What Presidio's recognizers offer."""

    supported_entities = ("AU_MEDICARE",)

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: None) -> list[Recognizer]:
        self.start, self.end, self.score = 0, len(text), 1.0 if text.startswith("943") else 0.4
        return [self]


def test_presidio_is_used_where_it_is_there_and_not_missed_where_not(monkeypatch: pytest.MonkeyPatch) -> None:
    column = cells("c", [f"943 476 {i}" for i in range(5_900, 5_930)])
    monkeypatch.setattr(presidio, "installed", lambda: False)
    assert presidio.matches([column]) == {}
    monkeypatch.setattr(presidio, "installed", lambda: True)
    monkeypatch.setattr(presidio, "_recognizers", lambda: {"AuMedicareRecognizer": Recognizer()})
    (match,) = presidio.matches([column, cells("d", [f"123 456 {i}" for i in range(5_900, 5_930)])])["c"]
    assert (match.kind, match.what, match.share) == ("health_id", "au medicare (Presidio)", 1.0)
    assert kinds(look([column], {"c": [match]})) == {"c": "health_id"}


def test_presidios_own_recognizers_see_what_ours_do() -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra presidio is not installed")
    ibans = cells("c", ["GB07OMWG11200666299288", "GB42QDFH36480484847261", "GB04NBLO03408148589848"])
    assert {match.kind for match in presidio.matches([ibans])["c"]} == {"bank_account"}
