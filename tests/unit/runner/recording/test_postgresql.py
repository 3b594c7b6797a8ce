"""The ledger of a team, in a real PostgreSQL database."""

import multiprocessing
from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
import sqlalchemy as sa

from runner.recording.ledger import Family, Ledger, Series
from servers import postgresql

BARS = Family(source="bars", symbols=("A",), first=date(2000, 1, 1), last=date(2010, 1, 1))


@pytest.fixture
def url() -> Iterator[str]:
    with postgresql() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


def _ten_trials(url: str, process: int) -> None:
    ledger = Ledger.open(url)
    for i in range(10):
        ledger.start_trial(BARS, f"{process}-{i}", {})
        ledger.finish_trial(f"{process}-{i}", "finished", {})


def test_many_processes_lose_nothing_and_nothing_can_be_changed(url):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_ten_trials, args=(url, i)) for i in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 6
    ledger = Ledger.open(url)
    assert [trial.number for trial in ledger.trials(BARS)] == list(range(1, 61))
    assert ledger.verify([ledger.head()]) == []
    for statement in ("UPDATE events SET body = '{}'", "DELETE FROM events", "TRUNCATE events"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="the ledger is append-only"),
            ledger.chain.database.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)


def test_series_and_heads_are_kept_there_as_in_a_file(url):
    ledger = Ledger.open(url)
    stamps_T = np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[us]")
    one = Series(stamps_T=stamps_T, values_T=np.array([0.01, -0.02]))
    ledger.start_trial(BARS, "k", {})
    head = ledger.finish_trial("k", "finished", {}, {"returns": one})
    assert Ledger.open(url).head() == head
    (found,) = ledger.series(ledger.trials(BARS), "returns").values()
    np.testing.assert_array_equal(found.values_T, one.values_T)
    assert ledger.verify([head, f"99:{'e' * 64}"]) == [
        "truncated or replaced: it ends at event 3, but a run noted event 99 (eeeeeeeeeeee)"
    ]
