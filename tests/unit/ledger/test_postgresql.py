"""The ledger of a team. Needs an empty database: ASSAY_TEST_POSTGRESQL=postgresql+psycopg://..."""

import multiprocessing
import os
from datetime import date

import pytest
import sqlalchemy as sa

from runner.recording.ledger import Family, Ledger

BARS = Family(source="bars", symbols=("A",), first=date(2000, 1, 1), last=date(2010, 1, 1))


@pytest.fixture
def url() -> str:
    url = os.environ.get("ASSAY_TEST_POSTGRESQL")
    if url is None:
        pytest.skip("ASSAY_TEST_POSTGRESQL does not name a database")
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS events")
    return url


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
            ledger.chain.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
