"""Columns for bench/privacy.py and its tests: innocent ones, those of made-up persons, and those that a spreadsheet spoilt."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from faker import Faker

Random = np.random.Generator
Make = Callable[[Random, int], Any]

COUNTIES = [
    "Jefferson",
    "Madison",
    "Marshall",
    "Houston",
    "Calhoun",
    "Clay",
    "Franklin",
    "Jackson",
    "Lawrence",
    "Morgan",
    "Montgomery",
    "Perry",
    "Pickens",
    "Walker",
    "Washington",
    "Wilcox",
    "Winston",
    "Shelby",
    "Sumter",
    "Russell",
    "Randolph",
    "Monroe",
    "Mobile",
    "Marion",
    "Limestone",
    "Lee",
    "Lamar",
    "Henry",
    "Hale",
    "Greene",
    "Geneva",
    "Fayette",
    "Etowah",
    "Escambia",
    "Elmore",
    "Dekalb",
    "Dallas",
    "Dale",
    "Cullman",
    "Crenshaw",
    "Covington",
    "Coosa",
    "Conecuh",
    "Colbert",
    "Coffee",
    "Cleburne",
    "Clarke",
    "Choctaw",
    "Chilton",
    "Cherokee",
    "Chambers",
    "Butler",
    "Bullock",
    "Blount",
    "Bibb",
    "Barbour",
    "Baldwin",
    "Autauga",
]
CITIES = [
    "Houston Phoenix Philadelphia",
    "San Antonio",
    "San Diego",
    "Dallas",
    "San Jose",
    "Austin",
    "Jacksonville",
    "Fort Worth",
    "Columbus",
    "Charlotte",
    "Indianapolis",
    "Seattle",
    "Denver",
    "Boston",
    "Nashville",
    "Detroit",
    "Portland",
    "Memphis",
    "Louisville",
    "Baltimore",
    "Milwaukee",
    "Albuquerque",
    "Fresno",
    "Tucson",
    "Mesa",
    "Sacramento",
    "Atlanta",
    "Omaha",
    "Raleigh",
    "Miami",
    "Oakland",
    "Tulsa",
    "Tampa",
    "Arlington",
    "Wichita",
    "Bakersfield",
    "Aurora",
    "Anaheim",
    "Lexington",
    "Stockton",
    "Cincinnati",
    "Pittsburgh",
    "Greensboro",
    "Lincoln",
    "Orlando",
    "Irvine",
    "Newark",
    "Madison",
]
BRANDS = [
    "Ford",
    "Toyota",
    "Honda",
    "Mercedes",
    "Chevrolet",
    "Nissan",
    "Hyundai",
    "Kia",
    "Volvo",
    "Skoda",
    "Renault",
    "Peugeot",
    "Fiat",
    "Opel",
    "Lancia",
    "Subaru",
    "Mazda",
    "Suzuki",
    "Jaguar",
    "Bentley",
    "Lexus",
    "Audi",
    "BMW",
    "Porsche",
    "Ferrari",
    "Lotus",
    "Tesla",
    "Dacia",
    "Seat",
    "Citroen",
]
WORDS = [
    "red",
    "green",
    "blue",
    "small",
    "large",
    "steel",
    "wooden",
    "garden",
    "table",
    "chair",
    "lamp",
    "desk",
    "shelf",
    "window",
    "door",
    "kitchen",
    "light",
    "heavy",
    "round",
    "square",
]
_GENES = [
    "TP53",
    "BRCA1",
    "EGFR",
    "MYC",
    "KRAS",
    "PTEN",
    "AKT1",
    "CDK4",
    "VEGFA",
    "TNF",
    "IL6",
    "STAT3",
    "ERBB2",
    "RB1",
    "APC",
    "NOTCH1",
    "JAK2",
    "ATM",
    "SOX2",
    "NANOG",
    "GATA3",
    "RUNX1",
    "FOXP3",
    "CD44",
    "ACTB",
    "GAPDH",
]
GENES = [
    *_GENES,
    *(f"{a}{n}" for a in ("ABC", "CDH", "FGF", "HOX", "KIF", "SLC", "WNT", "ZNF") for n in range(1, 20)),
]


def _digits(r: Random, rows: int, length: int) -> list[str]:
    return ["".join(map(str, line)) for line in r.integers(0, 10, (rows, length))]


def _mask(mask: str) -> Make:
    """Return random texts of a form: 9 is any digit, A any capital, a any letter."""

    def make(r: Random, rows: int) -> list[str]:
        signs = {
            "9": "0123456789",
            "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "a": "abcdefghijklmnopqrstuvwxyz",
            "x": "0123456789abcdef",
        }
        drawn = [
            [c if c not in signs else signs[c][int(r.integers(len(signs[c])))] for c in mask]
            for _ in range(rows)
        ]
        return ["".join(line) for line in drawn]

    return make


def _counted(start: int, width: int = 0, prefix: str = "", step: int = 1) -> Make:
    return lambda r, rows: [f"{prefix}{start + step * i:0{width}d}" for i in range(rows)]


def _of(values: Sequence[str]) -> Make:
    return lambda r, rows: [values[i] for i in r.integers(0, len(values), rows)]


def _ean(r: Random, rows: int) -> list[str]:
    out = []
    for body in _digits(r, rows, 12):
        total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body))
        out.append(body + str(-total % 10))
    return out


def _isbn(r: Random, rows: int) -> list[str]:
    out = []
    for body in _digits(r, rows, 9):
        check = -sum(int(d) * w for d, w in zip(body, range(10, 1, -1), strict=True)) % 11
        out.append(body + ("X" if check == 10 else str(check)))
    return out


def _dates(first: str, days: int, form: str = "%Y-%m-%d") -> Make:
    def make(r: Random, rows: int) -> list[str]:
        start = date.fromisoformat(first)
        return [(start + timedelta(days=int(d))).strftime(form) for d in r.integers(0, days, rows)]

    return make


def _order_of_day(r: Random, rows: int) -> list[str]:
    """Order numbers that begin with their day: 190314-0012."""
    days = _dates("2018-01-01", 700, "%y%m%d")(r, rows)
    return [f"{day}-{int(n):04d}" for day, n in zip(days, r.integers(1, 300, rows), strict=True)]


def _version(r: Random, rows: int) -> list[str]:
    return [".".join(map(str, line)) for line in r.integers(0, 30, (rows, 4))]


def _numbers(low: float, high: float, digits: int) -> Make:
    return lambda r, rows: [f"{x:.{digits}f}" for x in r.uniform(low, high, rows)]


def _sentences(r: Random, rows: int) -> list[str]:
    return [
        " ".join(WORDS[i] for i in r.integers(0, len(WORDS), int(r.integers(5, 12)))) for _ in range(rows)
    ]


def _science(r: Random, rows: int) -> list[str]:
    return [f"{x:.5E}" for x in np.exp(r.normal(20, 12, rows))]


CLEAN: tuple[tuple[str, str, Make], ...] = (
    ("order numbers like American phone numbers", "c1", _mask("999-999-9999")),
    ("order numbers like dotted phone numbers", "c2", _mask("999.999.9999")),
    ("part numbers like social security numbers", "c3", _mask("999-99-9999")),
    ("codes of ten digits", "c4", _mask("9999999999")),
    ("codes of nine digits", "c5", _mask("999999999")),
    ("codes of eleven digits", "c6", _mask("99999999999")),
    ("codes of twelve digits", "c7", _mask("999999999999")),
    ("codes of thirteen digits", "c8", _mask("9999999999999")),
    ("codes of sixteen digits", "c9", _mask("9999999999999999")),
    ("codes of sixteen digits that begin with 4", "c10", _mask("4999999999999999")),
    ("codes of sixteen digits in fours", "c11", _mask("5199 9999 9999 9999")),
    ("ids counted from 4e15", "c12", _counted(4_000_000_000_000_000)),
    ("ids counted by 7 from 4e15", "c13", _counted(4_000_000_000_000_000, step=7)),
    ("ids counted from 1e10", "c14", _counted(10_000_000_000)),
    ("zero-padded ids", "c15", _counted(1, width=12)),
    ("zero-padded ids of ten digits", "c16", _counted(1, width=10)),
    ("ids with dashes in threes", "c17", _mask("999-999-999")),
    ("ids with spaces in threes", "c18", _mask("999 999 999")),
    ("codes of six and four digits", "c19", _mask("999999-9999")),
    ("codes of six and five digits", "c20", _mask("999999 99999")),
    ("codes of six and four, slashed", "c21", _mask("999999/9999")),
    ("order numbers that begin with their day", "c22", _order_of_day),
    ("codes of two letters, six digits, a letter", "c23", _mask("AA999999A")),
    ("codes of eight digits and a letter", "c24", _mask("99999999A")),
    ("codes of five letters, four digits, a letter", "c25", _mask("AAAAA9999A")),
    ("codes in the form of Italian tax codes", "c26", _mask("AAAAAA99A99A999A")),
    ("serial numbers of seventeen signs", "c27", _mask("AAA99AA99AA999999")),
    ("codes that begin like IBANs", "c28", _mask("DE99999999999999999999")),
    ("EAN-13", "c29", _ean),
    ("ISBN-10", "c30", _isbn),
    ("seconds since 1970", "c31", lambda r, n: r.integers(1_500_000_000, 1_700_000_000, n)),
    ("milliseconds since 1970", "c32", lambda r, n: r.integers(1_500_000_000_000, 1_700_000_000_000, n)),
    ("microseconds since 1970", "c33", lambda r, n: r.integers(1_500_000_000_000_000, 1_700_000_000_000_000, n)),
    ("nanoseconds since 1970", "c34", lambda r, n: r.integers(15 * 10**17, 17 * 10**17, n)),
    ("days of two years", "c35", _dates("2019-01-01", 730)),
    ("days, American", "c36", _dates("2012-01-01", 2_000, "%m/%d/%Y")),
    ("days of a century", "c37", _dates("1900-01-01", 44_000)),
    ("instants", "c38", lambda r, n: [f"2023-0{m}-1{d} 1{h}:0{s}:3{s}" for m, d, h, s in r.integers(1, 10, (n, 4))]),
    ("md5", "c39", lambda r, n: [hashlib.md5(bytes(line)).hexdigest() for line in r.integers(0, 255, (n, 8), dtype=np.uint8)]),
    ("uuid", "c40", lambda r, n: [str(uuid.UUID(bytes=r.bytes(16), version=4)) for _ in range(n)]),
    ("hexadecimal of twelve", "c41", _mask("xxxxxxxxxxxx")),
    ("versions of four numbers", "c42", _version),
    ("versions of three numbers", "c43", lambda r, n: [".".join(map(str, line)) for line in r.integers(0, 200, (n, 3))]),
    ("numbers", "c44", _numbers(-100, 100, 3)),
    ("numbers like latitudes", "c45", _numbers(-90, 90, 6)),
    ("large amounts", "c46", _numbers(1e5, 1e9, 2)),
    ("scientific notation", "c47", _science),
    ("product codes", "c48", _mask("AA-9999")),
    ("product codes, long", "c49", _mask("AAA-999-AA-9999")),
    ("tail numbers", "c50", _mask("N999AA")),
    ("flights", "c51", lambda r, n: [f"{c}-{d}-EWR-IAH" for c, d in zip(_mask("AA")(r, n), _mask("9999")(r, n), strict=True)]),
    ("small categories", "c52", _of(["free", "basic", "pro"])),
    ("words", "c53", _of(WORDS)),
    ("sentences", "c54", _sentences),
    ("US counties", "c55", _of(COUNTIES)),
    ("US cities", "c56", _of(CITIES)),
    ("makers of cars", "c57", _of(BRANDS)),
    ("months", "c58", _of(["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"])),
    ("weekdays", "c59", _of(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])),
    ("genes", "c60", _of(GENES)),
    ("web addresses", "c61", lambda r, n: [f"https://example.org/item/{i}" for i in r.integers(0, 9_999, n)]),
    ("paths", "c62", lambda r, n: [f"data/part-{i:05d}.parquet" for i in r.integers(0, 9_999, n)]),
    ("shares with a comma", "c63", lambda r, n: [f"{x:.3f}".replace(".", ",") for x in r.uniform(0, 1, n)]),
    ("US counties called so", "CountyName", _of(COUNTIES)),
    ("names of products", "product_name", _of([f"{a} {b}" for a in WORDS for b in WORDS])),
    ("names of companies", "name", lambda r, n: [f"{BRANDS[i]} {w}" for i, w in zip(r.integers(0, len(BRANDS), n), _of(["Motors", "Group", "Services"])(r, n), strict=True)]),
    ("types of phones", "phone_type", _of(["mobile", "home", "work"])),
    ("whether an e-mail was opened", "email_opened", _of(["0", "1"])),
    ("whether there is a phone", "phone", _of(["yes", "no"])),
    ("number of cards", "card_count", lambda r, n: r.integers(0, 9, n)),
    ("types of cards", "card_type", _of(["visa", "amex"])),
    ("expiry of food", "expiry_date", _dates("2024-01-01", 700)),
    ("rates of birth", "birth_rate", _numbers(0, 40, 2)),
    ("weights at birth", "birth_weight", _numbers(500, 5_000, 0)),
    ("codes of measures", "MeasureCode", _mask("aa-aaa-9")),
    ("scores", "address_match_score", _numbers(0, 1, 4)),
    ("capitalizations", "market_cap", _numbers(1e6, 1e12, 0)),
    ("tokens counted", "tokens", lambda r, n: r.integers(1, 4_000, n)),
    ("user agents by id", "user_agent_id", lambda r, n: r.integers(1, 400, n)),
    ("last login", "last_login", _dates("2022-01-01", 700)),
)  # fmt: skip
"""What it is, the column's name, and how it is made."""

LOCALES = (
    "en_US",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "sv_SE",
    "pl_PL",
    "pt_BR",
    "fi_FI",
    "nl_NL",
    "da_DK",
    "en_GB",
)
NATIONAL = {
    "en_US": "ssn", "fr_FR": "ssn", "es_ES": "nif", "it_IT": "ssn", "sv_SE": "ssn", "pl_PL": "pesel", "pt_BR": "cpf", "fi_FI": "ssn", "nl_NL": "ssn",
}  # fmt: skip
HEADERS = {
    "en_US": ("FirstName", "LastName", "Email", "Phone", "StreetAddress", "City", "ZipCode", "SSN", "DateOfBirth", "UserName", "Password"),
    "de_DE": ("Vorname", "Nachname", "E-Mail", "Telefon", "Straße", "Wohnort", "PLZ", "Steuer-ID", "Geburtsdatum", "Benutzername", "Passwort"),
    "fr_FR": ("prénom", "nom_de_famille", "courriel", "téléphone", "adresse", "ville", "code_postal", "numero_ss", "date_de_naissance", "identifiant", "mot_de_passe"),
    "es_ES": ("nombre_de_pila", "apellidos", "correo", "telefono", "direccion", "ciudad", "codigo_postal", "DNI", "fecha_nacimiento", "usuario", "contraseña"),
    "it_IT": ("nome_completo", "cognome", "email", "cellulare", "indirizzo", "città", "CAP", "codice_fiscale", "data_di_nascita", "nome_utente", "password"),
    "sv_SE": ("Förnamn", "Efternamn", "epost", "mobilnummer", "gatuadress", "stad", "postnummer", "personnummer", "födelsedatum", "användarnamn", "lösenord"),
    "pl_PL": ("imię", "nazwisko", "email", "nr_telefonu", "ulica", "miasto", "kod_pocztowy", "PESEL", "data_urodzenia", "login", "hasło"),
    "pt_BR": ("nome_completo", "sobrenome", "email", "celular", "endereço", "cidade", "CEP", "CPF", "data_de_nascimento", "usuario", "senha"),
    "fi_FI": ("etunimi", "sukunimi", "sähköposti", "puhelin", "katuosoite", "kaupunki", "postinumero", "henkilötunnus", "syntymäaika", "käyttäjätunnus", "salasana"),
    "nl_NL": ("voornaam", "achternaam", "email", "telefoonnummer", "straat", "woonplaats", "postcode", "BSN", "geboortedatum", "gebruikersnaam", "wachtwoord"),
    "da_DK": ("fornavn", "efternavn", "email", "mobil", "adresse", "by", "postnr", "cpr", "fødselsdato", "brukernavn", "kodeord"),
    "en_GB": ("given_name", "surname", "contact_email", "mobile_number", "address_1", "town", "postcode", "ni_number", "dob", "login", "pwd"),
}  # fmt: skip
_KINDS = (
    "given names",
    "surnames",
    "e-mail",
    "phone",
    "street",
    "town",
    "postal code",
    "national id",
    "date of birth",
    "user name",
    "password",
)
PLANTED = (*_KINDS, "card", "IBAN", "full names", "IP address")


def persons(r: Random, rows: int) -> dict[str, tuple[str | None, list[str]]]:
    """Return a table of made-up persons of one country: column -> what it is (None: nothing personal) and its values."""
    locale = LOCALES[int(r.integers(len(LOCALES)))]
    f = Faker(locale)
    f.seed_instance(int(r.integers(2**31)))

    def many(make: Callable[[], Any]) -> list[str]:
        return [str(make()) for _ in range(rows)]

    births = many(lambda: f.date_of_birth(minimum_age=18, maximum_age=95))
    makers: tuple[Callable[[], Any], ...] = (
        f.first_name, f.last_name, f.email, f.phone_number, f.street_address, f.city, f.postcode,
        getattr(f, NATIONAL.get(locale, "first_name")), f.date_of_birth, f.user_name, f.password,
    )  # fmt: skip
    table: dict[str, tuple[str | None, list[str]]] = {"row": (None, [str(i) for i in range(rows)])}
    for kind, header, make in zip(_KINDS, HEADERS[locale], makers, strict=True):
        if kind == "national id" and locale not in NATIONAL:
            continue
        if (locale, header) in (("da_DK", "by"), ("da_DK", "kodeord")):
            continue
        table[header] = (kind, births if kind == "date of birth" else many(make))
    table["credit_card_number"] = ("card", many(f.credit_card_number))
    table["IBAN"] = ("IBAN", many(f.iban))
    table["contact_person"] = ("full names", many(f.name))
    table["ip_address"] = ("IP address", many(f.ipv4))
    table["gender"] = (None, [str(x) for x in r.choice(["f", "m"], rows)])
    table["amount"] = (None, [f"{x:.2f}" for x in r.lognormal(4, 1, rows)])
    table["signup_date"] = (None, _dates("2015-01-01", 2_500)(r, rows))  # type: ignore[assignment]
    table["plan"] = (None, [str(x) for x in r.choice(["free", "basic", "pro"], rows)])
    table["n_orders"] = (None, [str(x) for x in r.integers(0, 30, rows)])
    return table


def zip_codes(r: Random, rows: int) -> list[str]:
    """Return codes of five digits from 00501 on, one in ten of which begins with 0."""
    return [f"{n:05d}" for n in r.integers(501, 99_951, rows)]


def _long_texts(r: Random, rows: int) -> list[str]:
    return [" ".join(_of(WORDS)(r, int(k)))[:255] for k in np.exp(r.normal(3.6, 0.8, rows))]


def _with(base: Make, spoilt: Callable[[Random], str], share: float) -> Make:
    def make(r: Random, rows: int) -> list[str]:
        values = [str(v) for v in base(r, rows)]
        return [spoilt(r) if r.random() < share or i == 7 else v for i, v in enumerate(values)]

    return make


def _day(r: Random) -> str:
    return f"{int(r.integers(1, 12))}-{'Mar' if r.random() < 0.5 else 'Sep'}"


DAMAGED: tuple[tuple[str, str, Make], ...] = (
    ("errors of formulas", "amount", _with(_numbers(0, 100, 2), lambda r: "#REF!", 0.01)),
    ("ids as powers of ten", "account_id", lambda r, n: [f"{x:.5E}" for x in r.uniform(1e11, 9e12, n)]),
    ("ids cut after fifteen digits", "c0", lambda r, n: [d + "0" for d in ("1" + x for x in _digits(r, n, 14))]),
    ("genes as dates", "gene", _with(_of(GENES), _day, 0.03)),
    ("ranges as dates", "age_group", _with(_of(["0-4", "5-9", "15-19", "20-24", "25-29", "30-34"]), lambda r: "14-Oct", 0.1)),
    ("zeros lost from zip codes", "zip", lambda r, n: [x.lstrip("0") for x in zip_codes(r, n)]),
    ("dates as numbers of days", "c1", _with(_dates("2012-01-01", 900), lambda r: str(int(r.integers(40_900, 41_800))), 0.05)),
    ("two orders of day and month", "c2", _with(_dates("2012-01-01", 900, "%d/%m/%Y"), lambda r: "12/2" + str(int(r.integers(0, 9))) + "/2013", 0.2)),
    ("texts cut at 255", "c3", _long_texts),
)  # fmt: skip
"""What was done, the column's name, and how it is made."""
