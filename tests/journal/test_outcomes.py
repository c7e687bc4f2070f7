"""Outcomes: once, late, corrected, unknown; nothing that was said is lost."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.journal import Outcome, counts, joined, read_outcomes
from fieldguide.journal.storage import micros, path_of

HOUR = timedelta(hours=1)


def history(folder):
    with sqlite3.connect(path_of(folder)) as other:
        found = other.execute("SELECT value FROM outcomes ORDER BY seq").fetchall()
    other.close()
    return [row[0] for row in found]


def labels(desk):
    return joined(desk.folder, "flights", (), desk.program.label)["__label"].to_pylist()


def test_the_same_value_again_changes_nothing(desk, start):
    desk.serve(desk.row("a", start))
    first = desk.outcome(1.0, start + HOUR, key="a")
    before = joined(desk.folder, "flights", (), desk.program.label)
    again = desk.outcome(1.0, start + HOUR, key="a")
    assert history(desk.folder) == [1.0]
    later = desk.outcome(1.0, start + 2 * HOUR, key="a")
    assert (first.new, again.unchanged, later.unchanged) == (1, 1, 1)
    assert joined(desk.folder, "flights", (), desk.program.label).equals(before)
    assert (counts(desk.folder, "flights").outcomes, counts(desk.folder, "flights").corrected) == (1, 0)


def test_another_value_with_a_later_time_supersedes_and_the_history_stays(desk, start):
    desk.serve(desk.row("a", start))
    desk.outcome(1.0, start + HOUR, key="a")
    assert desk.outcome(0.0, start + 2 * HOUR, key="a").corrected == 1
    assert desk.outcome(1.0, start + HOUR, key="a").unchanged == 1  # the first word, sent once more
    assert labels(desk) == [0.0]
    assert desk.outcome(1.0, start + 3 * HOUR, key="a").corrected == 1  # and back
    assert labels(desk) == [1.0]
    assert history(desk.folder) == [1.0, 0.0, 1.0]
    assert counts(desk.folder, "flights").corrected == 1


def test_another_value_with_an_earlier_time_is_kept_and_does_not_count(desk, start):
    desk.serve(desk.row("a", start))
    desk.outcome(1.0, start + 2 * HOUR, key="a")
    assert desk.outcome(0.0, start + HOUR, key="a").older == 1
    assert desk.outcome(0.0, start + HOUR, key="a").unchanged == 1
    assert labels(desk) == [1.0]
    assert history(desk.folder) == [1.0, 0.0]


def test_corrections_within_one_request_count_too(desk, start):
    said = [
        Outcome("flights", None, "a", value, micros(start + at * HOUR))
        for value, at in ((1, 1), (0, 2), (0, 2), (1, 1))
    ]
    recorded = desk.journal.record_and_wait(said)
    assert (recorded.new, recorded.corrected, recorded.unchanged, recorded.older) == (1, 1, 2, 0)


def test_an_outcome_by_id_and_one_by_key_meet_and_the_later_counts(desk, start):
    (named,) = desk.serve(desk.row("a", start))
    desk.outcome(0.0, start + 2 * HOUR, id=named)
    desk.outcome(1.0, start + HOUR, key="a")
    assert labels(desk) == [0.0]
    desk.outcome(1.0, start + 3 * HOUR, key="a")
    assert labels(desk) == [1.0]


def test_outcomes_of_nobody_are_kept_counted_and_join_when_the_answer_comes(desk, start):
    desk.outcome(1.0, start + HOUR, key="typo")
    desk.outcome(1.0, start + HOUR, id="0000")
    desk.serve(desk.row("a", start))
    desk.outcome(0.0, start + HOUR, key="a")
    assert counts(desk.folder, "flights").unknown == 2
    assert labels(desk) == [0.0]
    desk.serve(desk.row("typo", start))
    assert counts(desk.folder, "flights").unknown == 1
    assert labels(desk) == [0.0, 1.0]


def test_outcomes_of_another_program_are_not_mixed_in(desk, start):
    desk.serve(desk.row("a", start))
    desk.journal.record_and_wait([Outcome("boats", None, "a", 1.0, micros(start + HOUR))])
    assert labels(desk) == [None]
    assert counts(desk.folder, "flights").outcomes == 0


def test_many_outcomes_in_one_request(desk, start):
    desk.serve(*[desk.row(f"k{n}", start) for n in range(1_500)])
    said = [Outcome("flights", None, f"k{n}", float(n % 2), micros(start + HOUR)) for n in range(1_500)]
    assert desk.journal.record_and_wait(said).new == 1_500
    assert desk.journal.record_and_wait(said).unchanged == 1_500
    table = read_outcomes(desk.folder, "flights")
    assert table.num_rows == 1_500
    assert dict(zip(table["key"].to_pylist(), table["value"].to_pylist(), strict=True))["k7"] == 1.0
    assert table["at"].to_pylist()[0] == start + HOUR
    assert labels(desk) == [float(n % 2) for n in range(1_500)]


SAID = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 6)), min_size=1, max_size=8, unique_by=lambda said: said[1]
)


@settings(max_examples=20, deadline=None)
@given(said=SAID, order=st.randoms(use_true_random=False), split=st.integers(0, 8))
def test_what_counts_is_the_latest_word_however_it_was_sent(new_desk, said, order, split):
    """In any order, split into requests or not, sent twice or not."""
    desk = new_desk()
    try:
        sent = [Outcome("flights", None, "a", float(value), at) for value, at in said]
        order.shuffle(sent)
        for part in (sent[:split], sent[split:], sent):
            if part:
                desk.journal.record_and_wait(part)
        (found,) = read_outcomes(desk.folder, "flights").to_pylist()
        value, at = max(said, key=lambda word: word[1])
        assert found["value"] == value
        assert micros(found["latest"]) == at
    finally:
        desk.journal.close()


def test_a_value_said_again_and_again_needs_no_more_than_two_rows(desk, start):
    for hour in range(1, 8):
        desk.outcome(1.0, start + hour * HOUR, key="a")
    assert history(desk.folder) == [1.0, 1.0]
    assert desk.outcome(0.0, start + 3 * HOUR, key="a").older == 1
    (found,) = read_outcomes(desk.folder, "flights").to_pylist()
    assert found["value"] == 1.0
    assert found["latest"] == start + 7 * HOUR
