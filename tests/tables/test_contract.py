"""What a row must keep: taken as it is, or refused with the place; never guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fieldguide.program as fg
from fieldguide.tables.contract import (
    MOST_ROWS,
    Refusal,
    contract,
    examine,
    lenient,
    parse,
    to_micros,
    values,
)
from fieldguide.tables.refusals import schema

NEW_YORK = ZoneInfo("America/New_York")


def program(**blanks):
    given = {
        "question": fg.Question(ask="Late?", one_row_is="a flight"),
        "source": fg.Source(
            "x.csv", key="flight_id", time="predicted_at", entity="tail", timezone="America/New_York"
        ),
        "features": [
            fg.Category("carrier"),
            fg.Number("distance", unit="mile", low=0, high=6000, about="great circle"),
            fg.Boolean("weekend"),
            fg.Timestamp("scheduled_at", parts=("hour",)),
            fg.Number("wind speed [m/s]", required=True),
        ],
        "label": fg.BinaryLabel("late", arrives_within=timedelta(hours=30)),
        "name": "flights",
    }
    return fg.Program(**(given | blanks))


ROW = {
    "carrier": "UA",
    "distance": 1400,
    "weekend": False,
    "scheduled_at": "2013-10-01T05:15:00-04:00",
    "wind speed [m/s]": 3.5,
}
VALUES = ("UA", 1400.0, False, 1_380_618_900_000_000, 3.5)
KEPT = contract(program())


def body(**change):
    return json.dumps(ROW | change).encode()


def refused(text, kept=KEPT):
    with pytest.raises(Refusal) as caught:
        parse(kept, text)
    return caught.value


def test_a_row_becomes_its_canonical_values_in_the_order_of_the_raw_columns():
    parsed = parse(KEPT, body())
    assert not parsed.many
    assert parsed.read[0].values == VALUES == values(KEPT, parsed.rows[0])
    assert [type(v) for v in parsed.read[0].values] == [str, float, bool, int, float]


def test_many_rows_are_read_in_order():
    text = json.dumps({"rows": [ROW | {"distance": n} for n in range(10)]}).encode()
    parsed = parse(KEPT, text)
    assert parsed.many
    assert [item.values[1] for item in parsed.read] == [float(n) for n in range(10)]


def test_null_stands_for_a_missing_value_except_where_the_column_is_required():
    text = json.dumps(dict.fromkeys(ROW) | {"wind speed [m/s]": 1}).encode()
    assert parse(KEPT, text).read[0].values == (None, None, None, None, 1.0)
    refusal = refused(body(**{"wind speed [m/s]": None}))
    assert (refusal.status, refusal.reason, refusal.path) == (422, "null", "$.wind speed [m/s]")


def test_key_entity_and_time_are_optional_and_read_as_text_and_instant():
    bare = parse(KEPT, body()).read[0]
    assert (bare.key, bare.entity, bare.time) == (None, None, None)
    full = parse(KEPT, body(flight_id=7, tail="N1", predicted_at="2013-10-01T03:15:00")).read[0]
    assert (full.key, full.entity) == ("7", "N1")
    assert full.time == to_micros(datetime(2013, 10, 1, 3, 15), NEW_YORK) == 1_380_611_700_000_000


def test_key_entity_and_time_may_be_raw_columns_themselves():
    kept = contract(
        program(
            source=fg.Source("x.csv", key=("carrier", "number"), time="scheduled_at", entity="carrier"),
            features=[fg.Category("carrier"), fg.Timestamp("scheduled_at", parts=("hour",))],
        )
    )
    row = b'{"carrier": "UA", "scheduled_at": "2013-10-01T00:00:00Z", "number": 12}'
    read = parse(kept, row).read[0]
    assert read.key == "UA|12"
    assert read.entity == "UA"
    assert read.time == read.values[1] == 1_380_585_600_000_000
    assert parse(kept, row.replace(b', "number": 12', b"")).read[0].key is None


def test_an_instant_as_a_key_is_written_in_utc():
    kept = contract(
        program(
            source=fg.Source("x.csv", key=("origin", "hour"), time="hour"),
            features=[fg.Number("wind", low=0)],
        )
    )
    read = parse(kept, b'{"wind": 3, "origin": "EWR", "hour": "2013-10-01T05:00:00-04:00"}').read[0]
    assert read.key == "EWR|2013-10-01T09:00:00+00:00"


def test_presentation_columns_may_be_left_out_and_then_stand_at_neutral():
    kept = contract(
        program(
            features=[fg.Number("size"), fg.Presentation(fg.Number("position", low=1), neutral=1)],
            source=fg.Source("x.csv"),
        )
    )
    assert parse(kept, b'{"size": 2}').read[0].values == (2.0, 1.0)
    assert parse(kept, b'{"size": 2, "position": 5}').read[0].values == (2.0, 5.0)
    assert refused(b'{"size": 2, "position": 0}', kept).reason == "range"
    assert schema(kept)["required"] == ["size"]


@pytest.mark.parametrize(
    ("change", "reason", "path", "given"),
    [
        ({"distance": -1}, "range", "$.distance", "-1"),
        ({"distance": 6000.5}, "range", "$.distance", "6000.5"),
        ({"distance": "1400"}, "type", "$.distance", '"1400"'),
        ({"distance": True}, "type", "$.distance", "true"),
        ({"distance": [1]}, "type", "$.distance", "an array"),
        ({"carrier": 7}, "type", "$.carrier", "7"),
        ({"carrier": "x" * 1001}, "length", "$.carrier", None),
        ({"weekend": 0}, "type", "$.weekend", "0"),
        ({"scheduled_at": "yesterday"}, "type", "$.scheduled_at", '"yesterday"'),
        ({"scheduled_at": "2013-10-01"}, "type", "$.scheduled_at", '"2013-10-01"'),
        ({"scheduled_at": 1380618900}, "type", "$.scheduled_at", "1380618900"),
        ({"scheduled_at": "1066-10-14T09:00:00Z"}, "time", "$.scheduled_at", "1066-10-14T09:00:00+00:00"),
        ({"scheduled_at": "9999-12-31T23:59:59-12:00"}, "time", "$.scheduled_at", None),
        ({"scheduled_at": "0001-01-01T00:00:00"}, "time", "$.scheduled_at", None),
        ({"flight_id": 1.5}, "type", "$.flight_id", "1.5"),
        ({"flight_id": "x" * 257}, "length", "$.flight_id", None),
        ({"flight_id": 2**63}, "range", "$.flight_id", None),
        ({"predicted_at": "soon"}, "type", "$.predicted_at", '"soon"'),
    ],
)
def test_what_breaks_the_contract_is_refused_with_the_place_and_what_stood_there(change, reason, path, given):
    refusal = refused(body(**change))
    assert (refusal.status, refusal.reason, refusal.path) == (422, reason, path)
    assert refusal.given == given or given is None
    many = refused(json.dumps({"rows": [ROW, ROW | change]}).encode())
    assert many.path == "$.rows[1]" + path[1:]


def test_the_range_is_told_with_its_unit():
    assert str(refused(body(distance=-3))) == (
        "$.distance: expected a number from 0 to 6000 (mile), or null, got -3"
    )


def test_an_absent_and_a_misspelt_column_are_refused_with_the_nearest_name():
    lacking = {name: value for name, value in ROW.items() if name != "distance"}
    refusal = refused(json.dumps(lacking).encode())
    assert (refusal.reason, refusal.path, refusal.column) == ("absent", "$.distance", "distance")
    misspelt = refused(json.dumps(lacking | {"distanse": 3}).encode())
    assert misspelt.reason == "unknown"
    assert misspelt.path == "$.distanse"
    assert "Did you mean 'distance'?" in str(misspelt)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"   ",
        b"{",
        b"nonsense",
        body()[:-1],
        body() + b"}",
        b"\xef\xbb\xbf" + body(),
        body().replace(b'"UA"', b'"\xff"'),
        body().replace(b'"UA"', b'"\\ud800"'),
        body().replace(b'"UA"', b"'UA'"),
        body().replace(b"1400", b"NaN"),
        body().replace(b"1400", b"Infinity"),
        body().replace(b"1400", b"-Infinity"),
        body().replace(b"1400", b"0x10"),
        body().replace(b"1400", b"01"),
        json.dumps(ROW).encode("utf-16"),
        b"[" * 100_000,
        b'{"rows": ' + b"[" * 100_000,
    ],
)
def test_what_is_no_json_is_malformed(text):
    refusal = refused(text)
    assert refusal.status in (400, 422)
    assert refusal.status == 400 or text.startswith((b"[", b'{"rows": '))


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"1" * 400])
def test_a_number_beyond_all_numbers_is_refused(number):
    assert refused(body().replace(b"1400", number)).status == 422


@pytest.mark.parametrize(
    "text",
    [
        body().replace(b'"carrier"', b'"carrier": "AA", "carrier"'),
        body().replace(b'"distance"', b'"distance": 5, "distance"'),
        body().replace(b'"distance"', b'"distance": null, "distance"'),
        body().replace(b'"distance"', b'"dist\\u0061nce": 5, "distance"'),
        body(flight_id=1).replace(b'"flight_id"', b'"flight_id": 2, "flight_id"'),
        body(carrier='say "hi"').replace(b'"distance"', b'"distance": 5, "distance"'),
        b'{"rows": [%s], "rows": [%s]}' % (body(), body()),
        b'{"rows": [], "rows": [%s]}' % body(),
        b'{"rows": [%s, %s]}' % (body(), body().replace(b'"weekend"', b'"weekend": true, "weekend"')),
    ],
)
def test_a_name_given_twice_is_refused(text):
    refusal = refused(text)
    assert (refusal.status, refusal.reason) == (400, "duplicate")


@pytest.mark.parametrize("text", ['say "hi"', "back\\slash", '\\"', "ünï©ødé", "tab\tline\n", "\u0000", ""])
def test_text_with_quotes_and_escapes_is_not_taken_for_a_name_given_twice(text):
    for ascii_only in (True, False):
        sent = json.dumps(ROW | {"carrier": text, "flight_id": text or "k"}, ensure_ascii=ascii_only).encode()
        assert parse(KEPT, sent).read[0].values[0] == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"[]", "type"), (b"3", "type"), (b"null", "type"), (b'"row"', "type"), (b'{"rows": 3}', "type"),
        (b'{"rows": {}}', "type"), (b'{"rows": []}', "rows"), (b'{"rows": [3]}', "type"), (b'{"rows": [[]]}', "type"),
        (b'{"rows": [null]}', "type"), (b'{"rows": [{}]}', "absent"), (b'{"rows": [], "more": 1}', "unknown"),
        (b'{"rows": [%s], "carrier": "UA"}' % body(), "unknown"),
    ],
)  # fmt: skip
def test_other_shapes_are_refused(text, reason):
    assert refused(text).reason == reason


def test_too_many_rows_are_refused():
    kept = contract(program(features=[fg.Number("a")], source=fg.Source("x.csv")))
    text = b'{"rows": [' + b",".join([b'{"a":1}'] * (MOST_ROWS + 1)) + b"]}"
    assert refused(text, kept).reason == "rows"


def test_every_bad_row_of_a_refused_request_is_told_with_its_bytes():
    text = json.dumps({"rows": [ROW, ROW | {"distance": -1}, ROW, ROW | {"weekend": "no"}]}).encode()
    found = list(examine(KEPT, text))
    assert [refusal.path for _, refusal in found] == ["$.rows[1].distance", "$.rows[3].weekend"]
    assert json.loads(found[0][0])["distance"] == -1
    assert [r.reason for _, r in examine(KEPT, b"nonsense")] == ["malformed"]
    assert [r.reason for _, r in examine(KEPT, b'{"rows": []}')] == ["rows"]


def test_a_refused_row_is_read_as_far_as_it_can_be():
    columns = KEPT.columns
    row = ROW | {"distance": -1, "carrier": 3, "scheduled_at": "2013-10-01T05:15:00", "wind speed [m/s]": "9"}
    assert lenient(columns, json.dumps(row).encode(), NEW_YORK) == (None, -1.0, False, VALUES[3], None)
    assert lenient(columns, b'{"distance": 5, "carr', NEW_YORK) == (None,) * 5


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.datetimes(datetime(1950, 1, 1), datetime(2037, 1, 1)),
        st.integers(0, 7_200).map(lambda s: datetime(2013, 3, 10, 1, 30) + timedelta(seconds=s)),
        st.integers(0, 7_200).map(lambda s: datetime(2013, 11, 3, 0, 30) + timedelta(seconds=s)),
    )
)
def test_naive_times_are_read_as_the_table_engine_reads_them(instant):
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        read = engine.execute(
            "SELECT epoch_us(timezone('America/New_York', ?::TIMESTAMP))", [instant]
        ).fetchone()
    assert read is not None
    assert to_micros(instant, NEW_YORK) == read[0]


@given(st.datetimes(datetime(1678, 1, 2), datetime(2261, 12, 30)), st.integers(-840, 840))
def test_times_with_an_offset_are_exact(instant, minutes):
    aware = instant.replace(tzinfo=UTC)
    moved = aware.astimezone(msgspec.convert(f"2000-01-01T00:00:00{_offset(minutes)}", datetime).tzinfo)
    text = body(scheduled_at=moved.isoformat())
    expected = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert parse(KEPT, text).read[0].values[3] == expected


def _offset(minutes):
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


ROWS = st.fixed_dictionaries(
    {
        "carrier": st.none() | st.text(max_size=20),
        "distance": st.none() | st.floats(0, 6000) | st.integers(0, 6000),
        "weekend": st.none() | st.booleans(),
        "scheduled_at": st.none(),
        "wind speed [m/s]": st.floats(allow_nan=False, allow_infinity=False),
    },
    optional={"flight_id": st.none() | st.text(max_size=20) | st.integers(-(2**63), 2**63 - 1)},
)


@given(st.lists(ROWS, min_size=1, max_size=5), st.booleans())
def test_whatever_keeps_the_contract_comes_through_unchanged(rows, ascii_only):
    sent = json.dumps({"rows": rows}, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for read, row in zip(parse(KEPT, sent).read, rows, strict=True):
        assert read.values == tuple(row[column.name] for column in KEPT.columns)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ROW, "x", "rows"]), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@given(st.one_of(JSON.map(lambda value: json.dumps(value).encode()), st.binary(max_size=60)))
def test_anything_else_is_refused_and_nothing_else_is_raised(text):
    refusal = refusal_of(text)
    if refusal is None:
        row = json.loads(text)
        assert all(set(each) >= set(ROW) for each in row.get("rows", [row]))
    else:
        assert refusal.status in (400, 422)
        assert list(examine(KEPT, text))


def refusal_of(text):
    try:
        parse(KEPT, text)
    except Refusal as refusal:
        return refusal
    return None


@given(st.data())
def test_one_changed_byte_is_refused_or_read_as_it_stands(data):
    text = bytearray(body(flight_id="AB|1"))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = parse(KEPT, bytes(text)).read[0]
    except Refusal:
        return
    row = json.loads(bytes(text))
    assert read.values[0] == row["carrier"]
    assert read.values[1] == row["distance"]
    assert read.key == row["flight_id"]


def test_the_schema_tells_kinds_units_ranges_and_what_may_be_null():
    described = schema(KEPT)
    assert described["additionalProperties"] is False
    assert described["required"] == list(ROW)
    assert described["properties"]["distance"] == {
        "type": ["number", "null"],
        "description": "great circle, in mile",
        "x-unit": "mile",
        "minimum": 0,
        "maximum": 6000,
    }
    assert described["properties"]["wind speed [m/s]"]["type"] == "number"
    assert described["properties"]["scheduled_at"]["format"] == "date-time"
    assert {"flight_id", "tail", "predicted_at"} <= set(described["properties"])


def words(note: str | None) -> float | None:
    return None if note is None else float(len(note.split()))


def test_free_text_is_taken_whole_up_to_its_bound() -> None:
    kept = contract(program(features=[fg.Number("words", of=words)], inputs=[fg.Text("note", about="said")]))
    long = 'a "long" note ' * 1_000
    assert parse(kept, json.dumps({"note": long}).encode()).read[0].values == (long,)
    assert parse(kept, b'{"note": null}').read[0].values == (None,)
    with pytest.raises(Refusal, match=r"\$\.note: expected text of at most 20,000 characters, or null"):
        parse(kept, json.dumps({"note": "x" * 20_001}).encode())
    with pytest.raises(Refusal, match="got 7"):
        parse(kept, b'{"note": 7}')
    with pytest.raises(Refusal, match="twice"):
        parse(kept, b'{"note": "a", "note": "b"}')
    assert schema(kept)["properties"]["note"] == {
        "type": ["string", "null"], "maxLength": 20_000, "description": "said",
    }  # fmt: skip
    assert lenient(kept.columns, json.dumps({"note": "x" * 20_001}).encode(), None) == ("x" * 20_001,)
