"""Servers of their own that tests start on free loopback ports."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

PASSWORD = "s3cret-W0rd"


@contextmanager
def postgresql() -> Iterator[str]:
    """URL of an empty database; the test that asks is skipped where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # The server refuses to run as root.
    nobody = pwd.getpwnam("nobody")
    user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as name, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        home = Path(name)
        if user:
            shutil.chown(home, nobody.pw_uid, nobody.pw_gid)
        (home / "password").write_text(PASSWORD)
        (home / "password").chmod(0o644)

        def run(*command: str) -> None:
            done = subprocess.run(command, **user, cwd=home, capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr

        data, log = str(home / "data"), str(home / "log")
        run(str(programs / "initdb"), "-D", data, "-U", "tester", "-A", "scram-sha-256", "--no-sync", "-E", "UTF8",
            "--locale=C", f"--pwfile={home / 'password'}")  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
        run(str(programs / "pg_ctl"), "-D", data, "-l", log, "-w", "-t", "30", "-o", options, "start")
        try:
            yield f"postgresql://tester:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            run(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@dataclass
class Web:
    """A web server: its address, the paths and queries it was asked for, and the function that answers with a status
    and a body."""

    url: str
    asked: list[tuple[str, dict[str, str]]]
    answer: Callable[[str, dict[str, str]], tuple[int, bytes]]


@contextmanager
def web() -> Iterator[Web]:
    """A server on this machine that answers as the test says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            served.asked.append((parts.path, query))
            status, body = served.answer(parts.path, query)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = Web(f"http://127.0.0.1:{server.server_address[1]}", [], lambda path, query: (404, b""))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield served
        server.shutdown()
