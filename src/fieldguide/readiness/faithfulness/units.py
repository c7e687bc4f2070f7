"""B3: the name of each unit is one that is known: those of pint, currencies, and what counts are called.

A unit is a product of names with powers and prefixes, parts below a slash: "mile/hour", "degree Celsius",
"kg*m**2", "square foot", "kWh", "USD/month", "1". What is written otherwise is not wrong, but nobody can convert
it or tell when it changes; so it is a note, never a failure.
"""

from __future__ import annotations

import functools
import re

from fieldguide.comparing.units import ALIASES, TABLE, canonical
from fieldguide.errors import suggest
from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PREFIXES = (
    "yotta", "zetta", "exa", "peta", "tera", "giga", "mega", "kilo", "hecto", "deca", "deka", "deci", "centi", "milli",
    "micro", "nano", "pico", "femto", "atto", "kibi", "mebi", "gibi", "tebi",
)  # fmt: skip
SYMBOL_PREFIXES = (
    "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "µ", "μ", "u", "n", "p", "f", "a", "Ki", "Mi", "Gi",
    "Ti",
)  # fmt: skip
SYMBOLS = _words(
    "m g s A K mol cd Hz N Nm Pa J W C V F Ω S Wb T H lm lx Bq Gy Sv kat rad sr l L eV B b bit bar cal Wh "
    "Ah VA t"
)
"""Symbols that take a prefix; upper and lower case differ (mW is no MW)."""
PREFIXED = _words(
    "meter metre gram second ampere kelvin mole candela hertz newton pascal joule watt coulomb volt farad "
    "ohm siemens weber tesla henry lumen lux becquerel gray sievert katal radian steradian liter litre "
    "bit byte bar calorie electronvolt electron_volt ton tonne molar watt_hour ampere_hour"
)
"""Names that take a prefix."""
NAMES = _words(
    # lengths, areas, volumes, masses
    "inch inches in foot feet ft yard yd mile mi nautical_mile nmi angstrom astronomical_unit light_year parsec mil "
    "acre hectare ha are barn section gallon gal quart qt pint cup fluid_ounce fl_oz barrel bbl tablespoon teaspoon "
    "bushel pound lb lbs ounce oz stone grain carat ton tonne short_ton long_ton dalton amu cc "
    # time and rates
    "second sec minute min hour hr h day d week fortnight month quarter year yr decade century hertz rpm "
    "revolution turn cycle knot kt kn mph kph kmh kmph mach beat bpm fps "
    # temperature
    "kelvin celsius degc °c degree_celsius centigrade fahrenheit degf °f degree_fahrenheit rankine degr reaumur "
    "delta_degc delta_degf degree_day "
    # force, pressure, energy, power, electricity, light, chemistry
    "poundal pound_force lbf kgf dyne psi atmosphere atm torr mmhg mm_hg millimeter_of_mercury inhg inch_of_mercury inh2o "
    "btu therm horsepower hp erg foot_pound electron_volt poise stokes gauss oersted maxwell decibel db dbm dba "
    "neper phon nit footcandle ph molar equivalent "
    # angle and pure numbers
    "degree deg ° arcminute arcmin arcsecond arcsec gradian grad radian "
    "1 dimensionless unitless count number share ratio fraction probability proportion percent % pct "
    "percentage_point permille ppm ppb ppt basis_point bps index score point rank level dozen odds logit z-score "
    "standard_deviation sigma star absorbance "
    "amp curie darcy debye dyn denier dtex fathom furlong chain dram hundredweight cwt cps dpi ppi floz metric_ton "
    "degk degreec degreef pica molality osmol osmole iu u unit enzyme_unit metre_of_water centipoise cst cp "
    # what is counted
    "person people inhabitant user customer visitor patient passenger household employee vehicle car flight trip "
    "visit session click view impression order item piece unit package event case call message request error row "
    "word character token page letter pixel dot baud vote goal game room floor bedroom bathroom seat share_of_stock "
    "birth death accident tweet retweet like follower student rental bike transaction purchase night stay"
)
CURRENCIES = _words(
    "usd eur gbp jpy cny chf cad aud nzd sek nok dkk isk pln czk huf ron bgn try rub uah inr pkr bdt lkr "
    "idr myr sgd thb vnd php krw twd hkd brl mxn ars clp cop pen uyu zar ngn kes egp mad ils aed sar qar "
    "kwd btc eth dollar cent euro euro_cent pound_sterling penny pence yen yuan renminbi rupee franc "
    "krona krone zloty peso real rand lira ruble won $ € £ ¥"
)
_POWERS = str.maketrans({"²": "^2", "³": "^3", "⁻": "-", "¹": "1", "·": "*", "⋅": "*", "×": "*"})
_NUMBER = re.compile(r"\d+(\.\d+)?(e-?\d+)?")
_SCALED = re.compile(r"^(thousand|million|billion|thousands|millions|billions|k|m|bn) (of )?")


def unit_names(feature: Feature) -> list[Finding]:
    """B3: say which unit of a number is not known, with the nearest that is; nothing when it is, or is not declared."""
    unit: str | None = getattr(feature, "unit", None)
    if unit is None or not unit.strip() or known(unit):
        return []
    near = suggest(unit.strip().lower(), _all_names())
    saw = f"{unit!r} is no unit that is known here.{near}"
    todo = (
        'write the unit as pint writes it, such as "mile/hour", "degree Celsius", "kg*m**2" or "USD"; "1" for a count '
        "or a share"
    )
    return [found("unit_names", "pass", saw, feature.name, todo=todo)]


def known(unit: str) -> bool:
    """Return whether a unit can be taken apart into names that are known.

    >>> [known(u) for u in ("mile/hour", "degree Celsius", "USD", "1", "percent", "m/s^2", "kWh", "cubic feet per day")]
    [True, True, True, True, True, True, True, True]
    >>> [known(u) for u in ("mile/our", "furlogs", "blorp", "")]
    [False, False, False, False]
    """
    text = " ".join(unit.translate(_POWERS).replace("**", "^").split())
    if not text:
        return False
    if canonical(text) is not None:
        return True
    text = text.strip("[]()")
    text = re.sub(r"\bper\b", "/", text, flags=re.IGNORECASE)
    return all(_product(part.strip()) for part in text.split("/"))


def _product(text: str) -> bool:
    """Whether a part without a slash is a product of known names."""
    if not text:
        return False
    if _named(text):
        return True
    text = text.strip("()[]")
    for factor in re.split(r"\*", text):
        words = factor.split()
        at = 0
        while at < len(words):
            longest = next(
                (n for n in (3, 2, 1) if at + n <= len(words) and _named(" ".join(words[at : at + n]))), 0
            )
            if not longest:
                return False
            at += longest
        if not words:
            return False
    return True


def _named(text: str) -> bool:
    """Whether a text is one name, with prefix, power and plural."""
    text = re.sub(r"\^?\(?-?\d+(\.\d+)?\)?$", "", text) if not _NUMBER.fullmatch(text) else text
    text = re.sub(r"^(square|cubic|sq|cu)\.?[ _]|[ _](squared|cubed)$", "", text).strip()
    if _NUMBER.fullmatch(text):
        return True
    text = re.sub(r"^\d+(\.\d+)?(?=[A-Za-zµ°])", "", text)
    if _scaled_symbol(text):
        return True
    name = _SCALED.sub("", text.lower()).replace(" ", "_").strip("_")
    if text.lower().endswith("s") and _plain(re.sub(r"(?<=[^s])s$", "", name)):
        return True
    return _plain(name) or (name.endswith("ies") and _plain(name[:-3] + "y"))


def _plain(name: str) -> bool:
    spaced = name.replace("_", " ")
    if name in NAMES or name in CURRENCIES or name in PREFIXED or spaced in ALIASES:
        return True
    if any(spaced in units for units in TABLE.values()):
        return True
    return any(name.startswith(p) and name[len(p) :] in PREFIXED for p in PREFIXES)


def _scaled_symbol(text: str) -> bool:
    if text in SYMBOLS:
        return True
    return any(text.startswith(p) and text[len(p) :] in SYMBOLS for p in SYMBOL_PREFIXES)


@functools.cache
def _all_names() -> tuple[str, ...]:
    """The names that a unit may be mistyped from."""
    table = {name for units in TABLE.values() for name in units}
    words = {name.replace("_", " ") for name in (*NAMES, *CURRENCIES, *PREFIXED)}
    compound = {"mile/hour", "kilometer/hour", "meter/second", "degree Celsius", "degree Fahrenheit"}
    kilo = {f"{p}{name}" for p in ("kilo", "milli", "centi", "micro", "mega") for name in PREFIXED}
    return tuple(sorted(name for name in table | words | compound | kilo if len(name) > 2))
