"""The kinds of personal data that are looked for, and the words by which a declaration names them.

"direct" kinds are personal data wherever they stand. "of_persons" kinds are so in a table of persons only: the town
of a customer is personal, the town of an airport is not (HIPAA's safe harbor, 45 CFR 164.514(b)(2), lists
places smaller than a state). "quasi" kinds single nobody out alone, but several of them together may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from fieldguide.tables.names import fold

Group = Literal["direct", "of_persons", "quasi"]


@dataclass(frozen=True)
class Kind:
    """A kind of personal data: its id, what it is called, its group, and words that name it in a declaration.

    `marks` says that a column of this kind shows that the table is about persons (a phone number does not: it
    may be an office's).
    """

    id: str
    words: str
    group: Group
    named: str
    marks: bool = False


def wordlist(text: str) -> frozenset[str]:
    """Return the words of a text.

    >>> sorted(wordlist("to be or not to be"))
    ['be', 'not', 'or', 'to']
    """
    return frozenset(text.split())


CONTACT = "contact details,contact data,contact information,kontaktdaten,coordonnees"
IDENTITY = "identity,identifiers,identifying,pii,personally identifiable,stammdaten"
PAYMENT = "payment,card,credit card,bank details,financial,billing,kreditkarte,carte bancaire"
ADDRESS = "address,addresses,adresse,direccion,indirizzo,location,locations,residence,where they live,home"
LOGIN = "login,credentials,account,accounts,access data,zugangsdaten"

_KINDS = (
    Kind("email", "e-mail addresses", "direct", f"e-mail,email,mail,{CONTACT}"),
    Kind(
        "phone", "phone numbers", "direct",
        f"phone,telephone,mobile,fax,telefon,telefono,cell,{CONTACT}",
    ),
    Kind("card", "payment card numbers", "direct", PAYMENT, marks=True),
    Kind("card_code", "card security codes", "direct", f"cvv,cvc,security code,{PAYMENT}", marks=True),
    Kind("card_expiry", "card expiry dates", "direct", f"expiry,expiration,{PAYMENT}", marks=True),
    Kind("bank_account", "bank account numbers", "direct", f"iban,bank,account,kontonummer,{PAYMENT}"),
    Kind(
        "national_id", "national identity numbers", "direct",
        f"national id,national identity,ssn,social security,tax id,personal number,id number,{IDENTITY}",
        marks=True,
    ),
    Kind(
        "document", "passport and license numbers", "direct",
        f"passport,license number,licence number,driver,identity card,document,{IDENTITY}", marks=True,
    ),
    Kind(
        "health_id", "health record and insurance numbers", "direct",
        f"health,medical,patient,insurance,record number,{IDENTITY}", marks=True,
    ),
    Kind("ip", "network addresses (IP)", "direct", "ip,ip address,network address,network addresses"),
    Kind("device", "device identifiers", "direct", "device,mac,imei,advertising id,network address"),
    Kind(
        "name", "names of persons", "direct",
        f"name,names,nom,nombre,namen,contact data,contact details,{IDENTITY}", marks=True,
    ),
    Kind(
        "birth_date", "dates of birth", "direct",
        f"birth,birthday,date of birth,dob,geburt,naissance,nacimiento,nascita,age,{IDENTITY}", marks=True,
    ),
    Kind("death_date", "dates of death", "direct", "death,deceased,mortality", marks=True),
    Kind("password", "passwords", "direct", f"password,passwords,passwort,{LOGIN}", marks=True),
    Kind("secret", "secrets and access tokens", "direct", f"secret,secrets,token,tokens,key,{LOGIN}"),
    Kind(
        "username", "user names", "direct",
        f"user name,user names,username,usernames,handle,screen name,nickname,{LOGIN}", marks=True,
    ),
    Kind("vehicle", "vehicle registration and chassis numbers", "direct", "vehicle,plate,vin,car,registration"),
    Kind("street", "street addresses", "of_persons", f"street,{ADDRESS},{CONTACT}"),
    Kind("house_number", "house numbers", "of_persons", f"house number,house numbers,street,{ADDRESS},{CONTACT}"),
    Kind("postal_code", "postal codes", "of_persons", f"zip,postal code,postcode,plz,{ADDRESS},{CONTACT}"),
    Kind("town", "towns", "of_persons", f"town,city,cities,county,ort,ville,{ADDRESS},{CONTACT}"),
    Kind("coordinates", "coordinates", "of_persons", f"coordinates,latitude,longitude,gps,position,{ADDRESS}"),
    Kind("gender", "gender", "quasi", "gender,sex"),
    Kind("age", "age", "quasi", "age"),
    Kind("birth_year", "year of birth", "quasi", "birth"),
    Kind("title", "form of address", "quasi", "title"),
    Kind("marital", "marital status", "quasi", "marital"),
    Kind("family", "family", "quasi", "family"),
    Kind("origin", "race or ethnic origin", "quasi", "race,ethnic"),
    Kind("religion", "religion", "quasi", "religion"),
    Kind("nationality", "nationality", "quasi", "nationality"),
    Kind("occupation", "occupation", "quasi", "occupation,job"),
    Kind("employer", "employer", "quasi", "employer,company"),
    Kind("education", "education", "quasi", "education"),
    Kind("income", "income", "quasi", "income,salary"),
    Kind("region", "region", "quasi", "region,state"),
    Kind("country", "country", "quasi", "country"),
)  # fmt: skip

KINDS: Mapping[str, Kind] = MappingProxyType({kind.id: kind for kind in _KINDS})

OF_A_PERSON = wordlist(
    "gender age birth_year marital family origin religion nationality occupation education income"
)
"""Quasi-identifiers that only persons have: three of them make a table one about persons."""

_NONE = {
    "none",
    "no",
    "false",
    "nothing",
    "not personal",
    "no personal data",
    "keine",
    "aucune",
    "ninguno",
    "inga",
}
_ALL = ("all kinds", "everything", "personal data of every kind")


def declares_none(declared: str | None) -> bool:
    """Return whether a declaration says that there are no personal data.

    >>> declares_none("None."), declares_none("names, by consent"), declares_none(None)
    (True, False, False)
    """
    return declared is not None and fold(declared).strip(" .!") in _NONE


def declares(declared: str, kind: str) -> bool:
    """Return whether a declaration names a kind of personal data, by one of its words.

    >>> declares("e-mail, by consent", "email"), declares("contact details", "phone"), declares("e-mail", "phone")
    (True, True, False)
    """
    text = re.sub(r"[^\w-]+", " ", fold(declared))
    if any(phrase in text for phrase in _ALL):
        return True
    return _named(kind).search(text) is not None


@cache
def _named(kind: str) -> re.Pattern[str]:
    one = KINDS[kind]
    words = {fold(word) for word in one.named.split(",")} | {fold(re.sub(r" \(.*\)", "", one.words))}
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{either})s?(?![\w])")


def of_organizations(declared: str | None) -> bool:
    """Return whether a declaration says that the data are those of organizations, or of no person.

    >>> of_organizations("phone numbers of hospitals, no persons"), of_organizations("phone numbers of customers")
    (True, False)
    """
    return declared is not None and _ORGANIZATIONS.search(fold(declared)) is not None


_ORGANIZATIONS = re.compile(
    r"\b(?:no|not) (?:about |of |any )?(?:persons?|people|individuals?)\b|\bof (?:\w+ )?(?:organi[sz]ations?|compan(?:y|ies)|firms?|"
    r"institutions?|hospitals?|shops|stores|schools|offices|authorities|businesses)\b"
)
