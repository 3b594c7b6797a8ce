"""A key that a run needs is in nothing that it writes: every file, the ledger, what is cached and what is said."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from runner.cli import main

KEY, KEY_ENV = "S3CR3T-k3y-0f-the-5ervice", "ASSAY_TEST_KEY"


@pytest.fixture
def service(place: Path, command_in, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A service of the market's bars that wants the key, as a header or as a parameter, and repeats it."""
    command_in(place, 2, 420)
    bars = {
        symbol: json.loads(frame.drop(columns="symbol").to_json(orient="records"))
        for symbol, frame in pd.read_csv(place / "bars.csv").groupby("symbol")
    }
    (place / "bars.csv").unlink()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = self.headers.get("X-Key") or parse_qs(parts.query).get("apikey", [""])[0]
            found = bars.get(parts.path.strip("/"), []) if given == KEY else None
            body = json.dumps({"results": found, "asked_with": given, "url": self.path}).encode()
            self.send_response(200 if found is not None else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv(KEY_ENV, KEY)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["header", "parameter"])
def test_the_key_is_in_nothing_that_a_run_writes(
    service: str, place: Path, command_in, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    words = command_in(place, 2, 420, vault="2019-05-01")
    (place / "bars.csv").unlink()
    source = [
        "data=http", f"data.url='{service}/{{symbol}}?from={{start}}&to={{end}}'", "data.symbols=[S00,S01]",
        "data.start='2018-01-01'", "data.end='2019-12-31'", "data.time_field=date",
        "data.columns={open: open, high: high, low: low, close: close, volume: volume}", f"data.api_key_env={KEY_ENV}",
        "data.api_key_header=X-Key", "data.api_key_prefix=''", "data.requests_per_second=1000", "data.retries=0",
        *(["data.api_key_parameter=apikey"] if way == "parameter" else []),
    ]  # fmt: skip
    run = [*source, *(word for word in words if not word.startswith("data"))]
    assert main(["check", *run]) == 0
    assert main(run) == 0
    for command in (["report", "latest"], ["verify"], ["ledger"], ["promote", "latest", "--name", "other"]):
        assert main(command) == 0, command
    broken = [word.replace("{symbol}?", "{symbol}/nothing?") for word in run]
    assert main(broken) == 3
    told = "".join(capfd.readouterr())
    files = [path for path in place.rglob("*") if path.is_file()]
    assert {"metrics.json", "report.html", "bundle.json", "ledger.sqlite"} <= {path.name for path in files}
    assert len(list((place / "outputs" / "fetched").iterdir())) == 2
    assert KEY not in told
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
