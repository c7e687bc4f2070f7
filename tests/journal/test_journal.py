"""The writer's laws: committed before told, numbered without gaps, alone on its file, alive after a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import textwrap
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from fieldguide.errors import JournalError
from fieldguide.journal import Journal, Outcome, counts, last_number, read_answers
from fieldguide.journal import journal as writer
from fieldguide.journal.storage import path_of


def on_disk(folder, columns="n, id"):
    other = sqlite3.connect(path_of(folder))
    try:
        return other.execute(f"SELECT {columns} FROM entries ORDER BY seq").fetchall()
    finally:
        other.close()


def test_an_entry_is_on_the_disk_when_its_future_is_done(desk):
    async def go():
        entries = [desk.entry(desk.row()) for _ in range(5)]
        await desk.journal.append(entries)
        return [entry[0] for entry in entries], on_disk(desk.folder, "id")

    ids, found = asyncio.run(go())
    assert [row[0] for row in found] == ids
    assert desk.journal.pending == 0


def test_what_is_handed_over_together_is_one_commit(desk):
    async def go():
        await asyncio.gather(*[desk.journal.append([desk.entry(desk.row())]) for _ in range(200)])

    asyncio.run(go())
    assert len(on_disk(desk.folder)) == 200
    assert desk.journal.commits == 1


@settings(max_examples=12, deadline=None)
@given(sizes=st.lists(st.integers(1, 150), min_size=1, max_size=4))
def test_numbers_are_one_two_three_without_gaps_whatever_the_groups(new_desk, sizes):
    desk = new_desk()

    async def go():
        for size in sizes:
            jobs = [desk.journal.append([desk.entry(desk.row())]) for _ in range(size // 2)]
            jobs.append(desk.journal.append([desk.entry(desk.row()) for _ in range(size - size // 2)]))
            await asyncio.gather(*jobs)

    try:
        asyncio.run(go())
        assert [row[0] for row in on_disk(desk.folder)] == list(range(1, sum(sizes) + 1))
    finally:
        desk.journal.close()


def test_each_program_has_its_own_numbers(desk):
    desk.serve(desk.row(), desk.row())
    other = desk.entry(desk.row())
    desk.journal.append_and_wait([(other[0], "boats", *other[2:])])
    desk.serve(desk.row())
    assert on_disk(desk.folder, "program, n") == [
        ("flights", 1),
        ("flights", 2),
        ("boats", 1),
        ("flights", 3),
    ]


def test_numbers_and_ids_go_on_after_a_restart_even_when_the_clock_went_back(desk):
    before = desk.serve(desk.row(), desk.row())
    desk.journal.close()
    desk.now -= timedelta(days=30)
    desk.journal = Journal(desk.folder, lambda: desk.now).open()
    after = desk.serve(desk.row())
    assert [row[0] for row in on_disk(desk.folder)] == [1, 2, 3]
    assert after[0] > max(before)


def test_ids_sort_by_time_and_never_repeat_while_the_clock_stands(desk):
    ids = [desk.journal.stamp(1)[1][0] for _ in range(50)]
    ids += desk.journal.stamp(50)[1]
    desk.now += timedelta(seconds=1)
    ids += desk.journal.stamp(1)[1]
    assert ids == sorted(set(ids))


def test_a_second_server_is_refused_and_may_come_when_the_first_has_gone(desk):
    with pytest.raises(JournalError, match="another server \\(process"):
        Journal(desk.folder, lambda: desk.now).open()
    desk.serve(desk.row())  # and the first was not disturbed
    desk.journal.close()
    desk.journal = Journal(desk.folder, lambda: desk.now).open()


def test_a_server_in_another_process_is_refused_too(desk):
    code = f"""
        from datetime import datetime, UTC
        from pathlib import Path
        from fieldguide.errors import JournalError
        from fieldguide.journal import Journal
        try:
            Journal(Path({str(desk.folder)!r}), lambda: datetime.now(UTC)).open()
        except JournalError as error:
            print(error.status)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "503"


def test_a_file_of_another_version_or_kind_is_refused_and_left_as_it_is(tmp_path, desk):
    desk.journal.close()
    with sqlite3.connect(path_of(desk.folder)) as other:
        other.execute("PRAGMA user_version = 7")
    other.close()
    for attempt in (
        lambda: Journal(desk.folder, lambda: desk.now).open(),
        lambda: counts(desk.folder, "flights"),
    ):
        with pytest.raises(JournalError, match="version 7; this fieldguide reads version 1"):
            attempt()
    strange = tmp_path / "strange"
    strange.mkdir()
    with sqlite3.connect(path_of(strange)) as other:
        other.execute("CREATE TABLE mine (a)")
    other.close()
    with pytest.raises(JournalError, match="not a journal"):
        Journal(strange, lambda: desk.now).open()
    path_of(strange).write_bytes(b"not even a database" * 100)
    with pytest.raises(JournalError, match="not a database"):
        Journal(strange, lambda: desk.now).open()


def test_too_much_waiting_is_turned_away_with_503_and_taken_later(desk):
    desk.journal._most_pending = 10

    async def go():
        first = desk.journal.append([desk.entry(desk.row()) for _ in range(10)])
        with pytest.raises(JournalError) as caught:
            desk.journal.append([desk.entry(desk.row())])
        with pytest.raises(JournalError):
            desk.journal.record([Outcome("flights", "x", None, 1.0, 0)])
        await first
        await desk.journal.append([desk.entry(desk.row())])
        return caught.value.status

    assert asyncio.run(go()) == 503
    assert len(on_disk(desk.folder)) == 11


def test_a_full_disk_is_507_loses_nothing_acknowledged_and_recovers_by_itself(desk):
    kept = desk.serve(desk.row())
    full = desk.journal._connection
    pages = full.exec_driver_sql("PRAGMA page_count").scalar_one()
    full.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    full.rollback()

    async def go():
        jobs = [desk.journal.append([desk.entry(desk.row()) for _ in range(50)]) for _ in range(3)]
        return await asyncio.gather(*jobs, return_exceptions=True)

    failed = asyncio.run(go())
    assert [type(error) for error in failed] == [JournalError] * 3
    assert {error.status for error in failed} == {507}
    assert "full" in str(failed[0])
    assert desk.journal.failing is not None
    kept += desk.serve(desk.row())  # the connection was opened anew: there is space again
    assert desk.journal.failing is None
    assert on_disk(desk.folder) == [(1, kept[0]), (2, kept[1])]
    assert counts(desk.folder, "flights").answered == 2


def test_a_probe_finds_out_that_there_is_space_again_without_traffic(desk, monkeypatch):
    monkeypatch.setattr(writer, "open_writing", broken_opening)
    desk.journal._disconnect()
    with pytest.raises(JournalError, match="readonly"):
        desk.serve(desk.row())
    asyncio.run(probed(desk.journal))
    assert desk.journal.failing is not None
    monkeypatch.undo()
    asyncio.run(probed(desk.journal))
    assert desk.journal.failing is None
    assert on_disk(desk.folder) == []


def broken_opening(path):
    raise OperationalError("PRAGMA", None, sqlite3.OperationalError("attempt to write a readonly database"))


async def probed(journal):
    with contextlib.suppress(JournalError):
        await journal.probe()


def test_one_entry_that_cannot_be_stored_does_not_take_the_others_with_it(desk):
    async def go():
        twin = desk.entry(desk.row())
        jobs = [
            desk.journal.append([desk.entry(desk.row())]),
            desk.journal.append([twin, twin]),  # the same id twice
            desk.journal.append([desk.entry(desk.row())]),
        ]
        return await asyncio.gather(*jobs, return_exceptions=True)

    done = asyncio.run(go())
    assert [type(result) for result in done] == [type(None), JournalError, type(None)]
    assert [row[0] for row in on_disk(desk.folder)] == [1, 2]


def test_a_file_that_was_taken_away_is_noticed_before_the_next_answer(desk):
    desk.serve(desk.row())
    for path in desk.folder.glob("worker-0.db*"):
        path.rename(path.with_name(f"away-{path.name}"))
    with pytest.raises(JournalError):
        desk.serve(desk.row())
    desk.serve(desk.row())
    assert last_number(desk.folder, "flights") == 1


def test_closing_writes_what_is_pending_and_then_takes_no_more(desk):
    async def go():
        job = desk.journal.append([desk.entry(desk.row())])
        desk.journal.close()
        await job
        with pytest.raises(JournalError, match="closed"):
            desk.journal.append([desk.entry(desk.row())])

    asyncio.run(go())
    assert len(on_disk(desk.folder)) == 1
    desk.journal.close()  # once more does nothing


def test_a_caller_that_went_away_does_not_disturb_the_others(desk):
    async def go():
        gone = desk.journal.append([desk.entry(desk.row())])
        stays = desk.journal.append([desk.entry(desk.row())])
        gone.cancel()
        await stays

    asyncio.run(go())
    assert len(on_disk(desk.folder)) == 2
    assert desk.journal.pending == 0


def test_the_write_ahead_file_stays_small_while_somebody_reads(desk):
    for _ in range(30):
        desk.serve(*[desk.row() for _ in range(200)])
        read_answers(desk.folder, "flights", limit=100)
    size = path_of(desk.folder).with_name("worker-0.db-wal").stat().st_size
    desk.serve(*[desk.row() for _ in range(3_000)])
    for _ in range(60):
        desk.serve(*[desk.row() for _ in range(200)])
    grown = path_of(desk.folder).with_name("worker-0.db-wal").stat().st_size
    assert size < 20 << 20
    assert grown < 20 << 20
