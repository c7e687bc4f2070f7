"""More tables for `cells.py`: measured numbers, and what a team's own tables look like. Nothing runs here."""

from __future__ import annotations

import numpy as np
from vocabulary import CITIES, COUNTRIES, FIRST, LAST, invented, sentence, zipped
from worlds_of_cells import (
    Random,
    Rows,
    Spoiled,
    World,
    beers,
    days,
    inspections,
    movies,
    papers,
    soccer,
    spoil_beers,
    spoil_inspections,
    spoil_movies,
    spoil_papers,
    spoil_soccer,
    spoil_taxes,
    taxes,
)


def restaurants(r: Random, n: int) -> Rows:
    """Restaurants of a guide."""
    cities = [
        "new york",
        "los angeles",
        "san francisco",
        "atlanta",
        "las vegas",
        "brooklyn",
        "santa monica",
        "beverly hills",
        "pasadena",
        "studio city",
    ]
    area = ["212", "213", "415", "404", "702", "718", "310", "310", "818", "818"]
    food = [
        "american",
        "italian",
        "french",
        "chinese",
        "mexican",
        "seafood",
        "steakhouses",
        "delis",
        "pizza",
        "coffee shops",
        "japanese",
        "thai",
        "indian",
        "southern",
    ]
    where = zipped(r, n, 10, 0.7)
    return {
        "name": [f"{a.lower()}{b}" for a, b in zip(invented(r, n), r.choice(["", "", " grill", " cafe", " restaurant", " bistro"], n), strict=True)],
        "addr": [f"{a} {x.lower()} {k}" for a, x, k in zip(r.integers(1, 9_000, n), r.choice(invented(r, 150), n), r.choice(["st.", "ave.", "blvd.", "rd."], n), strict=True)],
        "city": [cities[i] for i in where],
        "phone": [f"{area[i]}/{a:03d}-{b:04d}" for i, a, b in zip(where, r.integers(200, 1_000, n), r.integers(0, 10_000, n), strict=True)],
        "type": [food[i] for i in zipped(r, n, 14, 0.8)],
        "stars": [str(x) for x in r.choice(["1", "2", "3", "4", "5"], n, p=[0.05, 0.15, 0.4, 0.3, 0.1])],
    }  # fmt: skip


def spoil_restaurants(s: Spoiled) -> None:
    """Cities abbreviated and misspelled, telephone numbers in another form, kinds written otherwise."""
    s.change(
        "city",
        0.03,
        "abbreviated",
        lambda v: {"new york": "ny", "los angeles": "la", "san francisco": "sf"}.get(v, v[:6]),
    )
    s.change("phone", 0.08, "form", lambda v: v.replace("/", "-"))
    s.typos(0.02, "city", "type")
    s.change("type", 0.02, "form", lambda v: v.title())
    s.change("stars", 0.01, "form", lambda v: v + " stars")
    s.swap(0.02, "name", "addr")


def bicycles(r: Random, n: int) -> Rows:
    """Hours of hired bicycles: measured numbers that follow from each other."""
    hour, day = np.arange(n) % 24, np.arange(n) // 24
    temp = 0.5 + 0.25 * np.sin(day / 58) + 0.08 * np.sin(hour / 3.8) + r.normal(0, 0.04, n)
    casual = r.poisson(np.exp(2.5 + 2 * temp + np.sin((hour - 8) / 3.8)))
    registered = r.poisson(np.exp(4 + temp + 0.8 * np.sin((hour - 8) / 3.8)))
    season = 1 + (day // 91) % 4
    return {
        "instant": [str(i + 1) for i in range(n)],
        "date": [str(np.datetime64("2011-01-01") + int(d)) for d in day],
        "season": [str(x) for x in season],
        "hour": [str(x) for x in hour],
        "weather": [str(x) for x in r.choice(["1", "2", "3", "4"], n, p=[0.66, 0.25, 0.088, 0.002])],
        "temp": [f"{x:.2f}" for x in temp],
        "feels": [f"{x * 0.95 + e:.4f}" for x, e in zip(temp, r.normal(0, 0.01, n), strict=True)],
        "humidity": [f"{x:.2f}" for x in r.beta(6, 4, n)],
        "wind": [f"{x:.4f}" for x in r.gamma(2.5, 0.08, n)],
        "casual": [str(x) for x in casual],
        "registered": [str(x) for x in registered],
        "total": [str(x) for x in casual + registered],
    }  # fmt: skip


def spoil_bicycles(s: Spoiled) -> None:
    """Numbers far out, words and sentinels for nothing, totals that do not add up."""
    for column in ("temp", "humidity", "wind"):
        s.change(
            column,
            0.01,
            "outlier",
            lambda v: f"{float(v) + float(s.r.choice([-1, 1])) * float(s.r.uniform(6, 12)):.4f}",
        )
    s.scale("registered", 0.004, 100)
    s.change("casual", 0.005, "sentinel", lambda _: "-1")
    s.words(0.01, "?", "humidity")
    s.change("total", 0.01, "sum", lambda v: str(int(v) + int(s.r.integers(150, 900))))


def airfoils(r: Random, n: int) -> Rows:
    """An experiment with settings in steps, and what was measured."""
    f = r.choice(
        [
            200,
            250,
            315,
            400,
            500,
            630,
            800,
            1000,
            1250,
            1600,
            2000,
            2500,
            3150,
            4000,
            5000,
            6300,
            8000,
            10000,
        ],
        n,
    )
    angle, chord = (
        r.choice([0, 1.5, 2, 3, 4, 5.4, 7.2, 9.9, 12.6, 15.4], n),
        r.choice([0.3048, 0.2286, 0.1524, 0.1016, 0.0508, 0.0254], n),
    )
    thick = {
        (a, c): 0.0005 + 0.004 * (a / 15) + 0.01 * c + 0.0001 * k
        for k, (a, c) in enumerate(sorted(set(zip(angle.tolist(), chord.tolist(), strict=True))))
    }
    return {
        "frequency": [str(x) for x in f],
        "angle": [f"{x:g}" for x in angle],
        "chord": [f"{x:g}" for x in chord],
        "velocity": [str(x) for x in r.choice(["31.7", "39.6", "55.5", "71.3"], n)],
        "thickness": [f"{thick[a, c]:.6f}" for a, c in zip(angle.tolist(), chord.tolist(), strict=True)],
        "decibel": [f"{x:.3f}" for x in 130 - 3 * np.log(f / 1000) ** 2 - 8 * chord + r.normal(0, 3, n)],
    }  # fmt: skip


def spoil_airfoils(s: Spoiled) -> None:
    """Numbers far out and emptied."""
    s.change("decibel", 0.02, "outlier", lambda v: f"{float(v) * float(s.r.choice([0.1, 10, 3])):.3f}")
    s.scale("frequency", 0.01, 100, "outlier")
    s.change("velocity", 0.01, "outlier", lambda v: f"{float(v) * 10:.0f}")
    s.others(0.01, "thickness")
    s.words(0.01, "nan", "angle")


def factory(r: Random, n: int) -> Rows:
    """Sensors of a machine by the minute."""
    t = np.datetime64("2024-03-01T00:00:00")
    state = np.repeat(r.integers(0, 4, n // 50 + 1), 50)[:n]
    level = np.array([20.0, 60.0, 75.0, 40.0])[state]
    walk = np.cumsum(r.normal(0, 0.1, n))
    return {
        "time": [str(t + np.timedelta64(60 * i, "s")).replace("T", " ") for i in range(n)],
        "machine": [f"M{k:02d}" for k in r.integers(1, 6, n)],
        "mode": [("idle", "cutting", "drilling", "cooling")[k] for k in state],
        "temperature": [f"{x:.1f}" for x in level + r.normal(0, 2, n)],
        "pressure": [f"{x:.2f}" for x in 5 + level / 40 + r.normal(0, 0.15, n)],
        "vibration": [f"{x:.3f}" for x in r.gamma(2, 0.2, n) * (1 + (state > 0))],
        "current": [f"{x:.2f}" for x in level / 10 + r.normal(0, 0.3, n)],
        "drift": [f"{x:.2f}" for x in walk],
        "parts": [str(x) for x in r.poisson(level / 10)],
    }  # fmt: skip


def spoil_factory(s: Spoiled) -> None:
    """Spikes, sentinels, points lost, modes misspelled."""
    s.change("temperature", 0.004, "outlier", lambda _: str(s.r.choice(["850.0", "-273.0", "999.9"])))
    s.change("pressure", 0.004, "scaled", lambda v: v.replace(".", ""))
    s.scale("vibration", 0.004, 1000)
    s.change("current", 0.004, "sentinel", lambda _: "-999")
    s.typos(0.005, "mode", "machine")
    s.change("parts", 0.003, "letters", lambda v: v + "O")


def people(r: Random, n: int) -> Rows:
    """Customers of a shop in a country with umlauts."""
    towns = [
        ("Köln", "50"),
        ("Berlin", "10"),
        ("Hamburg", "20"),
        ("München", "80"),
        ("Dresden", "01"),
        ("Leipzig", "04"),
        ("Erfurt", "09"),
        ("Bonn", "53"),
    ]
    at = r.choice(8, n, p=[0.24, 0.22, 0.16, 0.14, 0.08, 0.07, 0.05, 0.04])
    a, b = zipped(r, n, len(FIRST), 0.4), zipped(r, n, len(LAST), 0.3)
    return {
        "customer": [f"C{100_000 + i}" for i in range(n)],
        "first_name": [FIRST[i] for i in a],
        "last_name": [LAST[i] for i in b],
        "email": [f"{FIRST[i].lower()}.{LAST[j].lower()}{k}@{d}" for i, j, k, d in zip(a, b, r.integers(1, 99, n), r.choice(["gmail.com", "web.de", "gmx.net", "posteo.de"], n), strict=True)],
        "phone": [f"+49 {c} {x}" for c, x in zip(r.choice(["221", "30", "40", "89", "351"], n), r.integers(1_000_000, 9_999_999, n), strict=True)],
        "postal_code": [f"{towns[i][1]}{x:03d}" for i, x in zip(at, r.integers(1, 999, n), strict=True)],
        "city": [towns[i][0] for i in at],
        "age": [str(int(x)) for x in r.normal(44, 15, n).clip(18, 96)],
        "income": [str(int(x)) for x in r.lognormal(10.4, 0.5, n)],
        "joined": days(r, n),
        "plan": [str(x) for x in r.choice(["basic", "premium", "family", "student"], n, p=[0.5, 0.3, 0.15, 0.05])],
        "balance": [f"{x:.2f}" for x in r.normal(20, 200, n)],
    }  # fmt: skip


def spoil_people(s: Spoiled) -> None:
    """One misspelling that returns, fields in each other's place, -1 for an income, ages of nobody, zeros lost."""
    s.change("city", 5, "typo that returns", lambda _: "Kölln")
    s.change("plan", 8, "typo that returns", lambda _: "premum")
    s.swap(0.01, "first_name", "last_name")
    s.swap(0.006, "city", "postal_code")
    s.swap(0.004, "email", "phone")
    s.change("income", 6, "sentinel", lambda _: "-1")
    s.change("age", 5, "sentinel", lambda _: str(s.r.choice(["999", "0", "210"])))
    s.change(
        "postal_code",
        1.0 - 1e-9,
        "leading zero",
        lambda v: v.lstrip("0") if v[0] == "0" and s.r.random() < 0.3 else v,
    )
    s.change("email", 0.006, "form", lambda v: v.replace("@", " at "))
    s.change("phone", 0.01, "form", lambda v: v.replace("+49 ", "0"))
    s.change("joined", 0.02, "date", lambda v: f"{v[8:]}.{v[5:7]}.{v[:4]}")


def orders(r: Random, n: int) -> Rows:
    """A wide table of orders: prices by product, amounts of prices and numbers, rare but right values."""
    wares = [
        f"{a} {b}"
        for a, b in zip(
            invented(r, 160), r.choice(["Lamp", "Chair", "Table", "Mug", "Rug", "Shelf"], 160), strict=True
        )
    ]
    group, price = [w.split()[-1] for w in wares], np.exp(r.normal(3.5, 1, 160)).round(2)
    cities = [(c, COUNTRIES[i % 9]) for i, c in enumerate((*CITIES, *invented(r, 80)))]
    customer = [
        (f"{FIRST[a]} {LAST[b]}", *cities[c])
        for a, b, c in zip(
            r.integers(0, len(FIRST), 1_500),
            r.integers(0, len(LAST), 1_500),
            zipped(r, 1_500, len(cities), 0.6),
            strict=True,
        )
    ]
    what, who, many = zipped(r, n, 160, 0.7), zipped(r, n, 1_500, 0.5), r.geometric(0.5, n)
    discount = r.choice([0, 0, 0, 0.05, 0.1, 0.2], n)
    day = days(r, n, "2022-01-01", 900)
    return {
        "order_id": [f"O-{500_000 + i}" for i in range(n)],
        "ordered": list(day),
        "shipped": [str(np.datetime64(d) + int(k)) for d, k in zip(day, r.integers(0, 9, n), strict=True)],
        "customer_id": [str(10_000 + i) for i in who],
        "customer": [customer[i][0] for i in who],
        "city": [customer[i][1] for i in who],
        "country": [customer[i][2] for i in who],
        "product": [wares[i] for i in what],
        "category": [group[i] for i in what],
        "price": [f"{price[i]:.2f}" for i in what],
        "quantity": [str(x) for x in many],
        "discount": [f"{x:.2f}" for x in discount],
        "amount": [f"{price[i] * k * (1 - d):.2f}" for i, k, d in zip(what, many, discount, strict=True)],
        "freight": [f"{x:.2f}" for x in r.lognormal(1.8, 1.1, n)],
        "status": [str(x) for x in r.choice(["delivered", "shipped", "returned", "canceled", "lost"], n, p=[0.85, 0.1, 0.03, 0.019, 0.001])],
        "channel": [str(x) for x in r.choice(["web", "app", "store", "phone"], n, p=[0.6, 0.3, 0.09, 0.01])],
        "comment": [sentence(r, 2, 12) if u < 0.1 else None for u in r.random(n)],
    }  # fmt: skip


def spoil_orders(s: Spoiled) -> None:
    """Amounts and freight in cents, quantities below zero, statuses misspelled again and again, other customers' places."""
    s.scale("amount", 17, 100)
    s.scale("freight", 17, 100)
    s.scale("price", 0.004, 10)
    s.change("quantity", 9, "sentinel", lambda v: "-" + v)
    s.change("status", 12, "typo that returns", lambda _: "deliverd")
    s.typos(0.006, "city", "product", "customer")
    s.others(0.006, "city", "country", "category")
    s.swap(0.006, "city", "country")
    s.swap(0.006, "product", "customer")
    s.change("amount", 0.01, "form", lambda v: v.replace(".", ","))
    s.change("country", 0.01, "abbreviated", lambda v: v[:3].upper())


def census(r: Random, n: int) -> Rows:
    """A census: few values a column, hardly any of which determines another."""
    school = [
        "HS-grad",
        "Some-college",
        "Bachelors",
        "Masters",
        "Assoc-voc",
        "11th",
        "Assoc-acdm",
        "10th",
        "7th-8th",
        "Prof-school",
        "9th",
        "12th",
        "Doctorate",
        "5th-6th",
        "1st-4th",
        "Preschool",
    ]
    years = [9, 10, 13, 14, 11, 7, 12, 6, 4, 15, 5, 8, 16, 3, 2, 1]
    which = zipped(r, n, 16, 1.6)
    gain = np.where(r.random(n) < 0.92, 0, r.choice([3103, 4386, 5178, 7298, 7688, 15024, 99999], n))
    return {
        "age": [str(int(x)) for x in r.gamma(8, 4.8, n).clip(17, 90)],
        "workclass": [str(x) for x in r.choice(["Private", "Self-emp-not-inc", "Local-gov", "State-gov", "Federal-gov", "Without-pay"], n, p=[0.74, 0.09, 0.07, 0.05, 0.047, 0.003])],
        "education": [school[i] for i in which],
        "education_num": [str(years[i]) for i in which],
        "marital_status": [str(x) for x in r.choice(["Married-civ-spouse", "Never-married", "Divorced", "Separated", "Widowed"], n, p=[0.46, 0.33, 0.14, 0.04, 0.03])],
        "occupation": [str(x) for x in r.choice(["Prof-specialty", "Craft-repair", "Exec-managerial", "Adm-clerical", "Sales", "Other-service", "Armed-Forces"], n, p=[0.2, 0.2, 0.2, 0.15, 0.149, 0.1, 0.001])],
        "sex": [str(x) for x in r.choice(["Male", "Female"], n, p=[0.67, 0.33])],
        "capital_gain": [str(x) for x in gain],
        "hours": [str(int(x)) for x in np.where(r.random(n) < 0.45, 40, r.normal(40, 12, n)).clip(1, 99)],
        "country": [str(x) for x in r.choice(["United-States", "Mexico", "Philippines", "Germany", "Puerto-Rico", "Canada"], n, p=[0.91, 0.03, 0.02, 0.015, 0.013, 0.012])],
        "income": [str(x) for x in r.choice(["<=50K", ">50K"], n, p=[0.76, 0.24])],
    }  # fmt: skip


def spoil_census(s: Spoiled) -> None:
    """Typing errors in few-valued columns, other rows' values where something determines them, ages of nobody."""
    s.typos(0.006, "workclass", "education", "marital_status", "occupation", "country")
    s.others(0.01, "education_num", "education")
    s.change("sex", 0.004, "form", lambda v: v[0])
    s.change("age", 0.003, "sentinel", lambda _: "-1")
    s.words(0.03, "?", "hours")


def events(r: Random, n: int) -> Rows:
    """A log of events of an app: heavy tails, versions, sessions, rare codes."""
    code = r.choice(
        ["200", "404", "500", "302", "403", "503", "418"], n, p=[0.9, 0.05, 0.02, 0.02, 0.006, 0.0035, 0.0005]
    )
    user = zipped(r, n, 800, 0.8)
    pages = ["/", "/search", "/item", "/cart", "/pay", *(f"/item/{x}" for x in invented(r, 90))]
    return {
        "at": [f"2025-02-{d:02d}T{h:02d}:{m:02d}:{s:02d}.{u:03d}Z" for d, h, m, s, u in zip(r.integers(1, 29, n), r.integers(0, 24, n), r.integers(0, 60, n), r.integers(0, 60, n), r.integers(0, 1000, n), strict=True)],
        "session": ["".join(r.choice([*"0123456789abcdef"], 12)) for _ in range(n)],
        "user": [f"u{i}" for i in user],
        "event": [str(x) for x in r.choice(["view", "click", "scroll", "buy", "refund", "error"], n, p=[0.6, 0.25, 0.12, 0.02, 0.005, 0.005])],
        "path": [pages[i] for i in zipped(r, n, len(pages), 0.9)],
        "code": [str(x) for x in code],
        "ms": [str(int(x)) for x in r.pareto(1.3, n) * 40 + 3],
        "bytes": [str(int(x)) for x in r.lognormal(7, 2.2, n)],
        "version": [f"{a}.{b}.{c}" for a, b, c in zip(r.choice([3, 4], n, p=[0.1, 0.9]), r.integers(0, 12, n), r.integers(0, 30, n), strict=True)],
        "device": [str(x) for x in r.choice(["iPhone13,2", "iPhone14,5", "SM-G991B", "SM-G990B", "Pixel 6", "Pixel 7"], n, p=[0.3, 0.3, 0.2, 0.1, 0.08, 0.02])],
        "delta": [f"{x:.3f}" for x in r.standard_t(2, n)],
        "utm": [None if u < 0.9 else str(x) for x, u in zip(r.choice(["google", "news", "n/a", "mail"], n), r.random(n), strict=True)],
    }  # fmt: skip


def catalog(r: Random, n: int) -> Rows:
    """A catalog with free text, many units, many rare but right values."""
    brand = invented(r, 200)
    size = [
        str(x)
        for x in r.choice(
            ["S", "M", "L", "XL", "XXL", "38", "40", "42", "one size"],
            n,
            p=[0.2, 0.3, 0.2, 0.1, 0.02, 0.06, 0.06, 0.04, 0.02],
        )
    ]
    return {
        "sku": [f"{b[:3].upper()}-{x:06d}" for b, x in zip(r.choice(brand, n), r.choice(999_999, n, replace=False), strict=True)],
        "title": [sentence(r, 3, 7).title() for _ in range(n)],
        "brand": [brand[i] for i in zipped(r, n, 200, 1.1)],
        "description": [". ".join(sentence(r, 4, 12).capitalize() for _ in range(int(k))) for k in r.integers(1, 5, n)],
        "size": size,
        "color": [str(x) for x in r.choice(["black", "white", "navy", "red", "light blue", "rose", "gold", "olive", "black/white", "mauve"], n, p=[.3, .2, .15, .1, .1, .05, .04, .03, .02, .01])],
        "price": [f"{x:.2f}" for x in np.where(r.random(n) < 0.01, 20, 1) * r.lognormal(3.2, 0.9, n)],
        "stock": [str(int(x)) for x in np.where(r.random(n) < 0.3, 0, r.negative_binomial(1, 0.02, n))],
        "weight": [None if u < 0.3 else f"{x:.0f} g" if x < 1000 else f"{x / 1000:.1f} kg" for x, u in zip(r.lognormal(6, 1, n), r.random(n), strict=True)],
        "ean": [f"{x:013d}" for x in r.integers(4_000_000_000_000, 4_999_999_999_999, n)],
        "rating": [None if u < 0.4 else f"{x:.1f}" for x, u in zip(r.beta(5, 1.5, n) * 5, r.random(n), strict=True)],
    }  # fmt: skip


def ledger(r: Random, n: int) -> Rows:
    """Bookings: amounts on both sides of zero, over eight powers of ten, with a few that are huge and right."""
    account = [
        (f"{a}", b)
        for a, b in zip(r.choice(8_999, 120, replace=False) + 1_000, invented(r, 120), strict=True)
    ]
    which = zipped(r, n, 120, 1.0)
    amount = r.lognormal(5, 2.5, n) * r.choice([-1, 1], n, p=[0.4, 0.6])
    return {
        "booking": [str(i) for i in range(7_001, 7_001 + n)],
        "day": days(r, n),
        "account": [account[i][0] for i in which],
        "name": [account[i][1] for i in which],
        "amount": [f"{x:.2f}" for x in amount],
        "tax": [f"{x:.2f}" for x in amount * r.choice([0, 0.07, 0.19], n, p=[0.2, 0.3, 0.5])],
        "currency": [str(x) for x in r.choice(["EUR", "USD", "CHF", "JPY"], n, p=[0.9, 0.07, 0.028, 0.002])],
        "balance_change": [str(int(x)) for x in r.choice([-1, 0, 1, 2, 5, 120], n, p=[0.001, 0.5, 0.3, 0.15, 0.048, 0.001])],
        "text": [sentence(r, 2, 8) for _ in range(n)],
    }  # fmt: skip


WORLDS: dict[str, World] = {
    "beers": World(2_400, beers, spoil_beers),
    "papers": World(1_000, papers, spoil_papers),
    "movies": World(3_000, movies, spoil_movies),
    "taxes": World(12_000, taxes, spoil_taxes),
    "soccer": World(12_000, soccer, spoil_soccer),
    "inspections": World(6_000, inspections, spoil_inspections),
    "restaurants": World(850, restaurants, spoil_restaurants),
    "bicycles": World(6_000, bicycles, spoil_bicycles),
    "airfoils": World(1_500, airfoils, spoil_airfoils),
    "factory": World(6_000, factory, spoil_factory),
    "people": World(3_000, people, spoil_people),
    "orders": World(6_000, orders, spoil_orders),
    "census": World(8_000, census, spoil_census),
    "events": World(6_000, events),
    "catalog": World(4_000, catalog),
    "ledger": World(5_000, ledger),
}
"""The kinds of tables; the last ones have nothing wrong."""
