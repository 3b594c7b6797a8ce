"""FRED's series from a server on this machine that answers as FRED does, in JSON and in lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.data.fred import MOST, Fred
from components.errors import AssayError
from servers import Web, web

KEY = "k3y-of-fred"
VALUES = {"2020-01-01": ".", "2020-01-02": "1.88", "2020-01-03": "-0.25", "2020-01-06": "0"}


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def fred(server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Web:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("FRED_API_KEY", KEY)
    server.asked.clear()
    return server


def lines(path: str, query: dict[str, str]) -> tuple[int, bytes]:
    rows = [f"{day},{value if value != '.' else ''}" for day, value in VALUES.items()]
    return 200, "\n".join([f"observation_date,{query['id']}", *rows]).encode()


def observations(rows: list[tuple[str, str, str]], count: int | None = None) -> bytes:
    """As FRED answers: (day of the period, day of publication, value)."""
    found = [{"realtime_start": known, "realtime_end": "9999-12-31", "date": day, "value": v} for day, known, v in rows]
    return json.dumps({"count": len(rows) if count is None else count, "observations": found}).encode()


def source(fred: Web, **changes: Any) -> Fred:
    quick = {"url": f"{fred.url}/fred", "retries": 0, "backoff_s": 0.001, "requests_per_second": 1e6}
    values = {"symbols": ("DGS10",), "start": "2020-01-01", "end": "2020-02-01"}
    return Fred(**(dict(Fred.examples()[0]) | quick | values | changes))


def failure(fred: Web, **changes: Any) -> str:
    with pytest.raises(AssayError) as error:
        source(fred, **changes).bars()
    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)
    return str(error.value).replace(fred.url, "URL")


def days_and_values(bars: Any) -> list[tuple[str, float]]:
    return list(zip([str(time)[:10] for time in bars.timestamps_R], bars.fields["close"].tolist(), strict=True))


REAL = [("2020-01-02", 1.88), ("2020-01-03", -0.25), ("2020-01-06", 0.0)]


def test_lines_without_a_key(fred: Web) -> None:
    fred.answer = lines
    assert days_and_values(source(fred).bars()) == REAL
    assert fred.asked == [("/fred", {"id": "DGS10", "cosd": "2020-01-01", "coed": "2020-02-01"})]
    fred.asked.clear()
    assert days_and_values(source(fred).bars()) == REAL
    assert fred.asked == []


def test_json_with_a_key(fred: Web) -> None:
    rows = [(day, "2026-01-01", value) for day, value in VALUES.items()]
    fred.answer = lambda path, query: (200, observations(rows))
    assert days_and_values(source(fred, api_key_env="FRED_API_KEY").bars()) == REAL
    (_, query), *more = fred.asked
    assert not more
    assert (query["series_id"], query["observation_start"], query["api_key"]) == ("DGS10", "2020-01-01", KEY)
    assert not any(KEY.encode() in path.read_bytes() for path in Path().rglob("*") if path.is_file())


def test_more_observations_than_one_answer_holds(fred: Web) -> None:
    rows = [(day, "2026-01-01", value) for day, value in VALUES.items()]

    def paged(path: str, query: dict[str, str]) -> tuple[int, bytes]:
        assert query["limit"] == str(MOST)
        at = int(query["offset"])
        return 200, observations(rows[at : at + 3], count=len(rows))

    fred.answer = paged
    assert days_and_values(source(fred, api_key_env="FRED_API_KEY").bars()) == REAL
    assert [query["offset"] for _, query in fred.asked] == ["0", "3"]


def test_first_releases_bear_the_day_of_their_publication(fred: Web) -> None:
    rows = [
        ("2019-11-01", "2020-01-10", "257.9"),  # two came out on one day, as when a series begins
        ("2019-12-01", "2020-01-10", "258.4"),
        ("2020-01-01", "2020-02-13", "."),
        ("2019-10-01", "2019-12-01", "250"),
    ]
    fred.answer = lambda path, query: (200, observations(rows))
    first = source(fred, release="first", api_key_env="FRED_API_KEY")
    assert days_and_values(first.bars()) == [("2020-01-10", 258.4)]
    assert fred.asked[0][1]["output_type"] == "4"
    assert first.facts().cautions == ()
    assert "published later" in source(fred).facts().cautions[0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            (400, b"{}"),
            "URL/fred?id=DGS10&cosd=2020-01-01&coed=2020-02-01: the service answers 400; check data.symbols",
        ),
        (
            (200, b"<html>"),
            "URL/fred?id=DGS10&cosd=2020-01-01&coed=2020-02-01: no usable answer in 1 tries: it answers",
        ),
        (
            (200, b"DATE,GDP\n2020-01-01,1"),
            "fred: series DGS10, 2020-01-01 to 2020-02-01: its answer has the columns DA",
        ),
        (
            (200, b"DATE,DGS10\n2020-01-01,."),
            "fred: series DGS10, 2020-01-01 to 2020-02-01: no observations; correct d",
        ),
        (
            (200, b"DATE,DGS10\n2020-01-02,x"),
            "fred: series DGS10, 2020-01-01 to 2020-02-01: its answer holds 'x', whic",
        ),
    ],
)
def test_answers_that_are_no_series(fred: Web, answer: tuple[int, bytes], message: str) -> None:
    fred.answer = lambda path, query: answer
    assert failure(fred).startswith(message)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"observations": 1}', b'{"observations": [{}]}', b'{"count": 0}'])
def test_json_that_is_no_series(fred: Web, body: bytes) -> None:
    fred.answer = lambda path, query: (200, body)
    message = failure(fred, api_key_env="FRED_API_KEY")
    assert message.startswith("fred: series DGS10, 2020-01-01 to 2020-02-01: ")


def test_first_releases_need_a_key(fred: Web) -> None:
    assert failure(fred, release="first") == "api_key_env: is null, but release: first needs an API key of FRED"
