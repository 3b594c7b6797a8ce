"""The chain under the ledger: nothing lost, nothing changed unseen."""

import multiprocessing
import sqlite3
import threading
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from components.errors import OutputError
from runner.recording import chain
from runner.recording.ledger import Family, Ledger, Series
from runner.storage.canonical import canonical_json, content_hash

BARS = Family(source="bars", symbols=("A",), first=date(2000, 1, 1), last=date(2010, 1, 1))


@pytest.fixture
def place(tmp_path) -> Path:
    place = tmp_path / "ledger.sqlite"
    ledger = Ledger.open(place)
    for key in ("k1", "k2"):
        ledger.start_trial(BARS, key, {"model": key})
        ledger.finish_trial(key, "finished", {"metrics": {"valid/ic": 0.1}})
    return place


def execute(place: Path, *statements: str) -> None:
    connection = sqlite3.connect(place)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def unguarded(place: Path, *statements: str) -> None:
    """Changes the database as someone would who knows how to get rid of the triggers."""
    connection = sqlite3.connect(place)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.close()
    drop = [f"DROP TRIGGER {name}" for name, _ in triggers]
    execute(place, *drop, *statements, *[sql for _, sql in triggers])


def test_each_event_carries_the_hash_of_the_one_before(place):
    connection = sqlite3.connect(place)
    connection.row_factory = sqlite3.Row
    events = [dict(row) for row in connection.execute("SELECT * FROM events ORDER BY sequence")]
    connection.close()
    assert [event["kind"] for event in events] == ["family", *["trial_started", "trial_finished"] * 2]
    previous = "0" * 64
    for number, event in enumerate(events, start=1):
        own = event.pop("hash")
        assert event["sequence"] == number
        assert event["previous"] == previous
        assert own == content_hash(event)
        assert event["time"].endswith("+00:00")
        previous = own
    assert f"5:{previous}" == Ledger.open(place).head()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = '{}' WHERE sequence = 2",
        "DELETE FROM events WHERE sequence = 5",
        "INSERT OR REPLACE INTO events SELECT * FROM events",
        "INSERT OR REPLACE INTO events SELECT 9, time, kind, family, key, '{}', previous, 'x' FROM events",
        "INSERT OR REPLACE INTO events SELECT 9, time, kind, family, key, '{}', 'x', hash FROM events",
    ],
)
def test_the_database_itself_refuses_changes(place, statement):
    with pytest.raises(sqlite3.IntegrityError, match="the ledger is append-only"):
        execute(place, statement)
    assert Ledger.open(place).verify() == []


def test_a_changed_event_is_found(place):
    unguarded(place, "UPDATE events SET body = '{}' WHERE sequence = 3")
    assert Ledger.open(place).verify() == ["chain broken: event 3 was changed after it was written"]


def test_a_changed_event_with_a_mended_hash_is_found(place):
    connection = sqlite3.connect(place)
    connection.row_factory = sqlite3.Row
    event = dict(connection.execute("SELECT * FROM events WHERE sequence = 3").fetchone())
    connection.close()
    event |= {"body": canonical_json({"metrics": {"valid/ic": 0.9}})}
    del event["hash"]
    mended = content_hash(event)
    unguarded(place, f"UPDATE events SET body = '{event['body']}', hash = '{mended}' WHERE sequence = 3")
    assert Ledger.open(place).verify() == [
        "chain broken: event 4 does not follow event 3; events were removed or added"
    ]


def test_a_removed_event_is_found(place):
    unguarded(place, "DELETE FROM events WHERE sequence = 3")
    assert Ledger.open(place).verify() == [
        "chain broken: event 4 does not follow event 2; events were removed or added"
    ]


def test_missing_guards_are_found(place):
    execute(place, "DROP TRIGGER events_no_delete")
    assert Ledger.open(place).verify() == ["chain broken: the guards against changes are missing from the database"]


def test_a_shortened_or_forked_ledger_is_found_by_its_witnesses(place):
    ledger = Ledger.open(place)
    witness = ledger.head()
    noted = witness[2:14]
    assert ledger.verify([witness, chain.EMPTY]) == []
    unguarded(place, "DELETE FROM events WHERE sequence > 3")
    assert ledger.verify() == []
    assert ledger.verify([witness]) == [f"truncated or replaced: it ends at event 3, but a run noted event 5 ({noted})"]
    ledger.start_trial(BARS, "k2", {"model": "k2"})
    ledger.finish_trial("k2", "finished", {"metrics": {"valid/ic": 0.2}})
    assert ledger.verify() == []
    assert ledger.verify([witness]) == [
        f"forked: event 5 is not the one that a run noted ({noted}); it wrote to another copy"
    ]


def test_series_are_kept_with_the_trial_and_a_changed_one_is_left_out(place):
    ledger = Ledger.open(place)
    stamps_T = np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[us]")
    one = Series(stamps_T=stamps_T, values_T=np.array([0.01, np.nan]))
    ledger.start_trial(BARS, "k3", {})
    head = ledger.finish_trial("k3", "finished", {}, {"returns": one})
    assert ledger.finish_trial("k3", "finished", {}, {"returns": one}) == head
    (found,) = ledger.series(ledger.trials(BARS), "returns").values()
    np.testing.assert_array_equal(found.stamps_T, stamps_T)
    np.testing.assert_array_equal(found.values_T, one.values_T)
    execute(place, "UPDATE series SET data = zeroblob(10)")
    assert ledger.series(ledger.trials(BARS), "returns") == {}


def _twenty_trials(place: Path, process: int) -> None:
    ledger = Ledger.open(place)
    for i in range(20):
        key = f"{process}-{i}"
        ledger.start_trial(BARS, key, {"i": i})
        ledger.finish_trial(key, "finished" if i % 2 else "failed", {})


def test_eight_processes_lose_nothing(tmp_path):
    place = tmp_path / "ledger.sqlite"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_twenty_trials, args=(place, i)) for i in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 8
    ledger = Ledger.open(place)
    assert ledger.verify() == []
    trials = ledger.trials(BARS)
    assert {trial.key for trial in trials} == {f"{i}-{j}" for i in range(8) for j in range(20)}
    assert [trial.number for trial in trials] == list(range(1, 161))
    assert ledger.count(BARS) == 160


def test_threads_of_one_process_share_a_ledger(place):
    ledger = Ledger.open(place)
    threads = [threading.Thread(target=ledger.start_trial, args=(BARS, f"t{i}", {})) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.count(BARS) == 6
    assert ledger.verify() == []


def test_what_raises_in_between_leaves_nothing(place):
    ledger = Ledger.open(place)
    head = ledger.head()

    def work(transaction: chain.Transaction) -> None:
        transaction.append("trial_started", family="f", key="k", content={})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.chain.append(work)
    assert ledger.head() == head


@pytest.fixture
def holder(place, monkeypatch):
    """Another connection, which holds the database; waiting for it is short."""
    monkeypatch.setattr("runner.recording.database._BUSY_SECONDS", 0.05)
    connection = sqlite3.connect(place, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_a_locked_ledger_is_tried_again(place, holder):
    ledger = Ledger.open(place)
    release = threading.Timer(0.3, holder.execute, ["COMMIT"])
    release.start()
    assert ledger.start_trial(BARS, "k3", {}).number == 3
    release.join()


def test_a_ledger_that_stays_locked_is_told_in_one_line(place, holder):
    with pytest.raises(OutputError) as raised:
        Ledger.open(place).start_trial(BARS, "k3", {})
    assert str(raised.value) == (
        f"ledger {place}: cannot be used: database is locked; wait until the process that holds it has ended"
    )


def test_a_full_disk_is_told_in_one_line(small_disk):
    place = small_disk / "ledger.sqlite"
    ledger = Ledger.open(place)
    ledger.start_trial(BARS, "k", {})
    head = ledger.head()
    with pytest.raises(OutputError) as raised:
        ledger.finish_trial("k", "finished", {"note": "x" * 1_000_000})
    assert str(raised.value) == (
        f"ledger {place}: cannot be used: database or disk is full; "
        "free some space or set ASSAY_LEDGER to another place"
    )
    assert ledger.head() == head
    assert ledger.verify() == []


def test_reading_does_not_need_a_writable_ledger(place):
    place.chmod(0o444)
    place.parent.chmod(0o555)
    try:
        assert Ledger.open(place).count(BARS) == 2
    finally:
        place.parent.chmod(0o755)
