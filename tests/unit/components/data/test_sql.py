"""Bars from DuckDB and from a real PostgreSQL server: equal panels, nothing written, no secret shown."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.data.files import Files
from components.data.sql import Sql
from components.errors import AssayError, ConfigError, DataError
from servers import PASSWORD, postgresql

URL_ENV = "ASSAY_TEST_DATABASE"


def bars(days: int = 40, symbols: tuple[str, ...] = ("BBB", "AAA", "Ünï")) -> pd.DataFrame:
    """Bars with awkward doubles, ordered by time, so that a source must sort them by symbol."""
    rng = np.random.default_rng(5)
    close = np.exp(rng.standard_normal(days * len(symbols)))
    return pd.DataFrame(
        {
            "symbol": list(symbols) * days,
            "date": np.repeat(pd.date_range("2020-01-01", periods=days).to_numpy(), len(symbols)),
            "close": close,
            "Bid Size": np.where(rng.random(len(close)) < 0.2, np.nan, 100 * rng.random(len(close))),
            "halted": rng.random(len(close)) < 0.1,
            "note": "text",
        }
    )


def source(**changes: object) -> Sql:
    return Sql(**(dict(Sql.examples()[0]) | changes))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_duckdb(frame: pd.DataFrame) -> None:
    with duckdb.connect("bars.duckdb") as connection:
        connection.register("frame", frame)
        connection.execute("CREATE OR REPLACE TABLE bars AS SELECT * FROM frame")


def test_duckdb_database_parquet_and_csv_hold_the_same_panel(folder: Path) -> None:
    frame = bars()
    write_duckdb(frame)
    frame.to_parquet("bars.parquet")
    frame.to_csv("bars.csv", index=False)
    panel = source().load()
    assert panel.symbols == ("AAA", "BBB", "Ünï")
    assert tuple(panel.fields) == source().fields() == ("close", "bid_size", "halted")
    for table in ("bars.parquet", "bars.csv", "b*.parquet"):
        assert source(database=None, table=table).load().fingerprint == panel.fingerprint
    expected = frame[frame["symbol"] == "BBB"]
    rows = slice(panel.offsets[1], panel.offsets[2])
    assert np.array_equal(panel.fields["close"][rows], expected["close"])
    assert np.array_equal(panel.fields["bid_size"][rows], expected["Bid Size"], equal_nan=True)
    assert np.array_equal(panel.timestamps_R[rows], expected["date"].to_numpy())


def test_same_panel_as_the_source_of_files(folder: Path) -> None:
    frame = bars().drop(columns=["note", "halted"]).sort_values(["symbol", "date"])
    frame.to_parquet("bars.parquet", index=False)
    files = Files(**(dict(Files.examples()[0]) | {"path": "bars.parquet", "time_column": "date"}))
    assert source(database=None, table="bars.parquet").load().fingerprint == files.load().fingerprint


def test_query_since_and_mapped_columns(folder: Path) -> None:
    write_duckdb(bars())
    query = "SELECT symbol AS ticker, date AS day, 2 * close AS double, 1 AS close FROM bars -- all;"
    names = {"symbol_column": "Ticker", "time_column": "DAY", "columns": {"open": "DOUBLE"}}
    found = source(table=None, query=query, since="2020-02-01", **names).load()
    assert list(found.fields) == ["open", "close"]
    assert found.timestamps_R.min() == np.datetime64("2020-02-01")
    everything = source().load()
    assert np.array_equal(
        found.fields["open"], 2 * everything.fields["close"][everything.timestamps_R >= found.dates_T[0]]
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("DATE '2020-01-02'", "2020-01-02"),
        ("TIMESTAMP '2020-01-02 03:04:05.678901'", "2020-01-02T03:04:05.678901"),
        ("TIMESTAMPTZ '2020-01-02 03:04:05+02'", "2020-01-02T01:04:05"),
    ],
)
def test_times(folder: Path, kind: str, expected: str) -> None:
    query = f"SELECT 'A' AS symbol, {kind} AS date, 1.5 AS close"
    assert source(database=None, table=None, query=query).load().timestamps_R[0] == np.datetime64(expected)


REFUSED = {
    "no such column": (
        {"time_column": "day"},
        "bars.duckdb: bars: no column 'day' (data.time_column); columns: symbol, date, close, Bid Size, halted, note",
    ),
    "no close": (
        {"query": "SELECT symbol, date, note FROM bars", "table": None},
        "bars.duckdb: no numeric column 'close'; columns: symbol, date, note; name it with data.columns.close=COLUMN",
    ),
    "text as a number": (
        {"columns": {"open": "note"}},
        "bars.duckdb: bars: column 'note' (data.columns.open) holds no numbers; convert it with CAST in data.query",
    ),
    "text as a time": (
        {"time_column": "note"},
        "bars.duckdb: bars: column 'note' (data.time_column) is no date or timestamp; "
        "convert it with CAST in data.query",
    ),
    "missing table": (
        {"table": "prices"},
        "bars.duckdb: Catalog Error: Table with name prices does not exist!; mend data.table or data.query",
    ),
    "missing file": (
        {"database": None, "table": "absent/*.parquet"},
        'absent/*.parquet: IO Error: No files found that match the pattern "absent/*.parquet"; '
        "mend data.table or data.query",
    ),
    "missing database": (
        {"database": "absent.duckdb"},
        "absent.duckdb: no such file; give an existing DuckDB database in data.database",
    ),
    "no database": (
        {"database": "broken.duckdb"},
        'broken.duckdb: cannot be opened: IO Error: The file "{folder}/broken.duckdb" exists, but it is not a valid '
        "DuckDB database file!",
    ),
    "two statements": (
        {"table": None, "query": "SELECT 1; COPY bars TO 'stolen.csv'"},
        "bars.duckdb: data.query must be one SELECT statement",
    ),
    "a statement that writes": (
        {"table": None, "query": "COPY bars TO 'stolen.csv'"},
        "bars.duckdb: data.query must be one SELECT statement",
    ),
    "a statement that closes the bracket": (
        {"table": None, "query": "SELECT 1) AS x; COPY bars TO 'stolen.csv'; SELECT * FROM (SELECT 1"},
        'bars.duckdb: data.query: Parser Error: syntax error at or near ")"',
    ),
    "both": ({"query": "SELECT 1"}, "table: give either a table or a query, the other null"),
    "neither": ({"table": None}, "table: give either a table or a query, the other null"),
    "two databases": (
        {"url_env": URL_ENV},
        "database: must be null where url_env names a PostgreSQL URL",
    ),
    "no file": (
        {"database": None},
        "table: 'bars' is no Parquet or CSV file; or name its database in `database`",
    ),
    "no time": (
        {"since": "yesterday"},
        "since: 'yesterday' is no time; write ISO 8601 in UTC, for example '2020-12-31'",
    ),
    "a row without time": (
        {"table": None, "query": "SELECT symbol, close, CASE WHEN close > 1 THEN date END AS date FROM bars"},
        "bars.duckdb: {n} row(s) without timestamp; fill the value or leave them out in data.query",
    ),
    "no rows": (
        {"since": "2030-01-01"},
        "bars.duckdb: bars: no bars; the table needs at least one row",
    ),
    "a duplicate": (
        {"table": None, "query": "SELECT * FROM bars UNION ALL SELECT * FROM bars WHERE symbol = 'BBB'"},
        "bars.duckdb: duplicate bar: symbol BBB, 2020-01-01 00:00:00; keep one of the two rows",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(folder: Path, case: str) -> None:
    changes, message = REFUSED[case]
    frame = bars()
    write_duckdb(frame)
    Path("broken.duckdb").write_text("no database" * 1000)
    with pytest.raises(AssayError) as error:
        source(**changes).load()
    assert str(error.value) == message.format(folder=folder, n=int((frame["close"] > 1).eq(False).sum()))
    assert not Path("stolen.csv").exists()


def test_nothing_is_written_to_the_database(folder: Path) -> None:
    write_duckdb(bars())
    before = Path("bars.duckdb").read_bytes()
    source().load()
    assert Path("bars.duckdb").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["bars.duckdb"]


# The same sequence of databases for incremental reading, whatever the database.
HISTORY = bars(40)
CHANGES = {
    "nothing": HISTORY,
    "new days": bars(40).assign(date=HISTORY["date"] + pd.Timedelta(days=40)),
    "a late bar of the newest day": HISTORY.tail(1).assign(symbol="CCC"),
    "an early bar of a new symbol": HISTORY.head(1).assign(symbol="CCC"),
}


def changed(name: str) -> pd.DataFrame:
    if name == "nothing":
        return HISTORY
    if name == "a revised close":
        return HISTORY.assign(close=HISTORY["close"].where(HISTORY.index != 7, HISTORY["close"] * (1 + 1e-15)))
    if name == "a revised newest bar":
        return HISTORY.assign(close=HISTORY["close"].where(HISTORY.index != len(HISTORY) - 1, 1.0))
    if name == "a deleted bar":
        return HISTORY.drop(index=11)
    return pd.concat([HISTORY, CHANGES[name]])


EVENTS = [*CHANGES, "a revised close", "a revised newest bar", "a deleted bar"]


@pytest.mark.parametrize("event", EVENTS)
def test_incremental_is_bit_equal_to_a_full_read(folder: Path, event: str) -> None:
    write_duckdb(HISTORY)
    assert source(incremental=True).load().fingerprint == source().load().fingerprint
    write_duckdb(changed(event))
    for _ in range(2):
        assert source(incremental=True).load().fingerprint == source().load().fingerprint


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_incremental_survives_any_history_of_the_database(folder: Path, data: st.DataObject) -> None:
    shutil.rmtree("outputs", ignore_errors=True)
    bar = st.tuples(st.sampled_from("AB"), st.integers(0, 9))
    for _ in range(data.draw(st.integers(2, 4))):
        table = data.draw(st.dictionaries(bar, st.floats(0.5, 2.0), min_size=1, max_size=12))
        rows = [(symbol, np.datetime64("2020-01-01") + day, close) for (symbol, day), close in table.items()]
        write_duckdb(pd.DataFrame(rows, columns=["symbol", "date", "close"]).astype({"date": "datetime64[us]"}))
        assert source(incremental=True).load().fingerprint == source().load().fingerprint


def test_incremental_reads_only_what_is_newer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from components.data._database import Selection

    read, rows = [], Selection.rows
    monkeypatch.setattr(Selection, "rows", lambda self, *span: read.append(len(rows(self, *span))) or rows(self, *span))
    write_duckdb(HISTORY)
    source(incremental=True).load()
    write_duckdb(changed("new days"))
    source(incremental=True).load()
    source(incremental=True).load()
    source(incremental=True, since="2020-01-02").load()
    assert read == [120, 3 + 120, 3, 240 - 3]


def test_a_damaged_cache_is_read_again(folder: Path) -> None:
    write_duckdb(HISTORY)
    full = source(incremental=True).load().fingerprint
    (kept,) = Path("outputs/fetched").iterdir()
    for damage in (kept.read_bytes()[:-1], b"", kept.read_bytes().replace(b"PAR1", b"PAR2")):
        kept.write_bytes(damage)
        assert source(incremental=True).load().fingerprint == full


def test_a_cache_that_cannot_be_written(folder: Path) -> None:
    write_duckdb(HISTORY)
    Path("outputs").write_text("in the way")
    with pytest.raises(AssayError) as error:
        source(incremental=True).load()
    assert str(error.value) == (
        "outputs/fetched: cannot write: Not a directory; free some space or choose another data.cache_folder"
    )


# PostgreSQL


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """URL of a server of its own."""
    with postgresql() as url:
        yield url


@pytest.fixture
def postgres(server: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to the server, whose URL stands in the environment."""
    monkeypatch.setenv(URL_ENV, server)
    with contextlib.closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute("DROP SCHEMA IF EXISTS market CASCADE")
        connection.execute("CREATE SCHEMA market")
        yield connection


def write_postgres(connection: psycopg.Connection, frame: pd.DataFrame) -> None:
    connection.execute("DROP TABLE IF EXISTS market.bars")
    connection.execute(
        "CREATE TABLE market.bars "
        '(symbol text, date timestamp, close double precision, "Bid Size" double precision, halted boolean, note text)'
    )
    with connection.cursor().copy("COPY market.bars FROM STDIN") as copy:
        for row in frame.itertuples(index=False):
            copy.write_row([None if isinstance(value, float) and np.isnan(value) else value for value in row])


def remote(**changes: object) -> Sql:
    return source(**({"url_env": URL_ENV, "database": None, "table": "market.bars"} | changes))


def test_postgresql_and_duckdb_hold_the_same_panel(postgres: psycopg.Connection) -> None:
    write_postgres(postgres, bars())
    write_duckdb(bars())
    assert remote().load().fingerprint == source().load().fingerprint
    assert remote().fields() == source().fields()
    since = {"since": "2020-01-20T00:00:00"}
    assert remote(**since).load().fingerprint == source(**since).load().fingerprint


def test_postgresql_types(postgres: psycopg.Connection) -> None:
    query = """
        SELECT s AS symbol, TIMESTAMPTZ '2020-01-02 03:04:05.000001+02' AS date, 1.5::numeric AS close,
               7::smallint AS n, 'NaN'::float8 AS nan, 'Infinity'::float4 AS infinite, NULL::bigint AS missing,
               true AS flag
        FROM (VALUES (''), (E'line\nbreak'), ('"quoted", too')) AS names (s) -- a comment"""
    panel = remote(table=None, query=query).load()
    assert panel.symbols == ("", '"quoted", too', "line\nbreak")
    assert panel.timestamps_R[0] == np.datetime64("2020-01-02T01:04:05.000001")
    values = {name: values_R[0] for name, values_R in panel.fields.items()}
    expected = {"close": 1.5, "n": 7, "nan": np.nan, "infinite": np.inf, "missing": np.nan, "flag": 1}
    assert list(values) == list(expected)
    np.testing.assert_equal(values, expected)


@pytest.mark.parametrize("event", EVENTS)
def test_postgresql_incremental_is_bit_equal_to_a_full_read(postgres: psycopg.Connection, event: str) -> None:
    write_postgres(postgres, HISTORY)
    remote(incremental=True).load()
    write_postgres(postgres, changed(event))
    for _ in range(2):
        assert remote(incremental=True).load().fingerprint == remote().load().fingerprint


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1) AS x; DROP TABLE market.bars; SELECT * FROM (SELECT 1",
        "SELECT 1; DROP TABLE market.bars",
        "DROP TABLE market.bars",
        "WITH gone AS (DELETE FROM market.bars RETURNING *) SELECT * FROM gone",
    ],
)
def test_postgresql_cannot_be_written_through_a_query(postgres: psycopg.Connection, query: str) -> None:
    write_postgres(postgres, bars())
    with pytest.raises(DataError):
        remote(table=None, query=query).load()
    assert postgres.execute("SELECT count(*) FROM market.bars").fetchone() == (120,)


def test_postgresql_errors_never_show_the_password(
    postgres: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = os.environ[URL_ENV]
    place = f"{URL_ENV} (127.0.0.1/postgres)"
    for value, message in {
        "": f"data.url_env: the environment variable {URL_ENV} is not set; "
        "set it to a PostgreSQL URL such as postgresql://user@host:5432/database",
        f"postgresql://tester:{PASSWORD}@127.0.0.1:port/x y?nonsense={PASSWORD}": f"data.url_env: the value of "
        f"{URL_ENV} is no PostgreSQL URL; write postgresql://user@host:5432/database",
        url.replace(PASSWORD, "wr0ng-W0rd"): f"{place}: cannot connect: connection failed: connection to server at "
        f'"127.0.0.1", port {url.split(":")[-1].split("/")[0]} failed: FATAL:  password authentication failed for user '
        f'"tester"; check {URL_ENV} and the server',
    }.items():
        monkeypatch.setenv(URL_ENV, value)
        with pytest.raises(DataError) as error:
            remote().load()
        assert str(error.value) == message
    monkeypatch.setenv(URL_ENV, url)
    with pytest.raises(DataError) as error:
        remote(table="market.prices").load()
    assert str(error.value) == (f'{place}: relation "market.prices" does not exist; mend data.table or data.query')
    with pytest.raises(DataError) as error:
        remote(table=None, query=f"SELECT '{PASSWORD}'::date AS date, 'A' AS symbol, 1 AS close").load()
    assert PASSWORD not in str(error.value)
    assert "***" in str(error.value)


def test_postgresql_gives_up_on_a_slow_query(postgres: psycopg.Connection) -> None:
    query = "SELECT 'A' AS symbol, DATE '2020-01-01' AS date, 1 AS close FROM pg_sleep(30)"
    with pytest.raises(DataError, match=r"canceling statement due to statement timeout; mend the data or raise data"):
        remote(table=None, query=query, timeout_s=0.3).load()


def test_facts_need_no_database_and_ignore_the_query() -> None:
    known = remote(table=None, query="SELECT 1").facts()
    assert known == remote(table=None, query="SELECT 2").facts()
    assert (known.identity, source().facts().identity) == (f"sql:{URL_ENV}", "sql:bars.duckdb")
    assert replace(source(), survivorship="free").facts().survivorship == "free"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(DataError) as error:
        source().fields()
    assert str(error.value) == f"data: needs duckdb, not installed; {sys.executable} -m pip install 'assay-runner[sql]'"


def test_settings_that_contradict_are_the_configurations_fault() -> None:
    with pytest.raises(ConfigError):
        source(query="SELECT 1").fields()
