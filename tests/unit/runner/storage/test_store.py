"""The cache: once, whole, verified, and told in one line where it cannot be written."""

import hashlib
import json
import logging
import multiprocessing
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from components.errors import ContractError, OutputError
from runner.storage.formats import ARRAYS, FILES, JSON
from runner.storage.store import Store

KEY = hashlib.sha256(b"key").hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()


def folder_of(root: Path, key: str = KEY, stage: str = "forecast") -> Path:
    return root / stage / key[:2] / key


def never() -> None:
    raise AssertionError("must come from the store")


def leftovers(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for name in (".locks", ".partial") for path in (root / name).glob("*"))


def test_a_result_is_computed_once_and_read_back(tmp_path):
    store = Store(tmp_path)
    assert store.get(KEY, "forecast") is None
    first = store.compute(KEY, "forecast", lambda: {"x": np.arange(3.0)}, ARRAYS)
    again = Store(tmp_path).compute(KEY, "forecast", never, ARRAYS)
    assert first["x"].tobytes() == again["x"].tobytes() == np.arange(3.0).tobytes()
    entry = store.get(KEY, "forecast")
    assert entry is not None
    assert entry.folder == folder_of(tmp_path)
    assert entry.load(ARRAYS)["x"].tolist() == [0, 1, 2]
    assert leftovers(tmp_path) == []


def test_one_file_is_read_alone_and_verified(tmp_path, caplog):
    store = Store(tmp_path)
    assert store.keys("forecast") == ()
    assert store.read(KEY, "forecast", "a.txt") is None
    for key in (KEY, OTHER):
        store.compute(key, "forecast", lambda: {"a.txt": b"one", "b.txt": b"two"}, FILES)
    assert store.keys("forecast") == tuple(sorted((KEY, OTHER)))
    (folder_of(tmp_path) / "b.txt").write_bytes(b"TWO")
    assert store.read(KEY, "forecast", "a.txt") == b"one"
    assert store.read(KEY, "forecast", "b.txt") is None
    assert "b.txt differs from its checksum" in caplog.text
    assert store.keys("forecast") == (OTHER,)
    store.drop(OTHER, "forecast")
    store.drop(OTHER, "forecast")
    assert store.keys("forecast") == ()
    assert leftovers(tmp_path) == []


def test_an_entry_is_data_files_and_an_index_with_their_checksums(tmp_path):
    Store(tmp_path).compute(KEY, "forecast", lambda: {"a.txt": b"one", "deep/b.txt": b""}, FILES)
    folder = folder_of(tmp_path)
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        "a.txt",
        "deep/b.txt",
        "index.json",
    ]
    assert json.loads((folder / "index.json").read_text()) == {
        "stage": "forecast",
        "key": KEY,
        "files": {"a.txt": hashlib.sha256(b"one").hexdigest(), "deep/b.txt": hashlib.sha256(b"").hexdigest()},
        "origin": None,
    }


def test_keys_and_stages_do_not_mix(tmp_path):
    store = Store(tmp_path)
    for n, (key, stage) in enumerate([(KEY, "a"), (OTHER, "a"), (KEY, "b")]):
        assert store.compute(key, stage, lambda n=n: n, JSON) == n
    assert [store.compute(key, stage, never, JSON) for key, stage in [(KEY, "a"), (OTHER, "a"), (KEY, "b")]] == [
        0,
        1,
        2,
    ]


def test_cold_and_cached_results_are_equal_even_where_a_format_changes_them(tmp_path):
    store = Store(tmp_path)
    cold = store.compute(KEY, "forecast", lambda: {"a": (1, 2)}, JSON)
    assert cold == store.compute(KEY, "forecast", never, JSON) == {"a": [1, 2]}


def test_stages_may_nest(tmp_path):
    store = Store(tmp_path)
    outer = store.compute(KEY, "a", lambda: store.compute(OTHER, "a", lambda: 1, JSON) + 1, JSON)
    assert outer == 2
    assert store.compute(OTHER, "a", never, JSON) == 1


def test_a_failed_computation_leaves_nothing(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(ZeroDivisionError):
        store.compute(KEY, "forecast", lambda: 1 / 0, JSON)
    assert store.get(KEY, "forecast") is None
    assert leftovers(tmp_path) == []
    assert store.compute(KEY, "forecast", lambda: 1, JSON) == 1


def _flip(folder: Path) -> None:
    data = bytearray((folder / "value.json").read_bytes())
    data[0] ^= 1
    (folder / "value.json").write_bytes(data)


DAMAGES = {
    "value.json differs from its checksum": _flip,
    "value.json is missing": lambda folder: (folder / "value.json").unlink(),
    "index.json is missing": lambda folder: (folder / "index.json").unlink(),
    "unreadable: 'files'": lambda folder: (folder / "index.json").write_text("{}"),
    "unreadable: Expecting value: line 1 column 1 (char 0)": lambda folder: (folder / "index.json").write_text(""),
}


@pytest.mark.parametrize("said", DAMAGES)
def test_a_damaged_entry_is_dropped_told_and_recomputed(tmp_path, caplog, said):
    store = Store(tmp_path)
    store.compute(KEY, "forecast", lambda: 41, JSON)
    DAMAGES[said](folder_of(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert store.compute(KEY, "forecast", lambda: 42, JSON) == 42
    assert caplog.messages == [f"{folder_of(tmp_path)}: damaged entry dropped, will be recomputed: {said}"]
    assert store.compute(KEY, "forecast", never, JSON) == 42
    assert leftovers(tmp_path) == []


def test_get_drops_a_damaged_entry_too(tmp_path, caplog):
    store = Store(tmp_path)
    store.compute(KEY, "forecast", lambda: 41, JSON)
    _flip(folder_of(tmp_path))
    assert store.get(KEY, "forecast") is None
    assert len(caplog.messages) == 1
    assert not folder_of(tmp_path).exists()


@pytest.mark.parametrize("name", ["../x", "/x", "index.json", "", "."])
def test_a_file_cannot_leave_its_entry(tmp_path, name):
    with pytest.raises(ContractError) as raised:
        Store(tmp_path / "store").compute(KEY, "forecast", lambda: {name: b"x"}, FILES)
    assert str(raised.value) == (
        f"{name!r} cannot be the name of a stored file; use a relative name other than index.json"
    )
    assert leftovers(tmp_path / "store") == []


def _compute_slowly(root: Path, calls: Path, ready) -> None:
    def fn() -> int:
        with calls.open("a") as file:
            file.write("x")
        time.sleep(0.3)
        return 7

    ready.wait()
    assert Store(root).compute(KEY, "forecast", fn, JSON) == 7


def test_processes_that_compute_the_same_do_it_once(tmp_path):
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(4)
    arguments = (tmp_path / "store", tmp_path / "calls", ready)
    processes = [context.Process(target=_compute_slowly, args=arguments) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    assert [process.exitcode for process in processes] == [0] * 4
    assert (tmp_path / "calls").read_text() == "x"
    assert leftovers(tmp_path / "store") == []


KILLED = """
import os, signal, sys
from pathlib import Path
from runner.storage import store
from runner.storage.formats import FILES

def write_half(path, data):
    path.write_bytes(data[: len(data) // 2])
    if path.name == "b":
        os.kill(os.getpid(), signal.SIGKILL)

store.write_synced = write_half
store.Store(Path(sys.argv[1])).compute(sys.argv[2], "forecast", lambda: {"a": b"aaaa", "b": b"bbbb"}, FILES)
"""


def test_what_a_killed_process_left_is_harmless_and_cleaned(tmp_path):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), KEY], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert leftovers(tmp_path) == [f".locks/forecast-{KEY}.lock", f".partial/forecast-{KEY}"]
    store = Store(tmp_path)
    assert store.get(KEY, "forecast") is None
    store.compute(OTHER, "backtest", lambda: 1, JSON)
    assert leftovers(tmp_path) == []
    assert store.compute(KEY, "forecast", lambda: {"a": b"aaaa"}, FILES) == {"a": b"aaaa"}


def test_the_same_result_after_a_kill_replaces_the_half_written_one(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), KEY], check=False)
    store = Store(tmp_path)
    assert store.compute(KEY, "forecast", lambda: {"c": b"c"}, FILES) == {"c": b"c"}
    assert [path.name for path in sorted(folder_of(tmp_path).iterdir())] == ["c", "index.json"]


def test_a_result_being_written_elsewhere_is_left_alone(tmp_path):
    from filelock import FileLock

    partial = tmp_path / ".partial" / f"forecast-{KEY}"
    partial.mkdir(parents=True)
    (tmp_path / ".locks").mkdir()
    with FileLock(tmp_path / ".locks" / f"forecast-{KEY}.lock"):
        Store(tmp_path).compute(OTHER, "backtest", lambda: 1, JSON)
        assert partial.is_dir()


def test_a_root_that_is_a_file_is_told_in_one_line(tmp_path):
    root = tmp_path / "store"
    root.write_text("in the way")
    with pytest.raises(OutputError) as raised:
        Store(root).compute(KEY, "forecast", lambda: 1, JSON)
    assert str(raised.value) == (
        f"{root}: cannot write: Not a directory; remove the file that is in the way or choose another output folder"
    )


def test_a_root_that_cannot_be_made_is_told_in_one_line():
    with pytest.raises(OutputError) as raised:
        Store(Path("/proc/outputs/store")).compute(KEY, "forecast", lambda: 1, JSON)
    assert str(raised.value) == (
        "/proc/outputs/store: cannot write: No such file or directory; choose another output folder"
    )


LIMITED = """
import resource, sys
from pathlib import Path
from components.errors import OutputError
from runner.storage.formats import FILES
from runner.storage.store import Store

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
store = Store(Path(sys.argv[1]))
store.compute("11", "forecast", lambda: {"a": bytes(1000)}, FILES)
try:
    store.compute("22", "forecast", lambda: {"a": bytes(1000), "b": bytes(1_000_000)}, FILES)
except OutputError as error:
    print(error)
"""


def test_a_file_that_does_not_fit_leaves_nothing_behind(tmp_path):
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == (
        f"{tmp_path}: cannot write: File too large; free some space or choose another output folder\n"
    )
    store = Store(tmp_path)
    assert store.get("11", "forecast") is not None
    assert store.get("22", "forecast") is None
    assert leftovers(tmp_path) == []


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing_behind(small_disk):
    store = Store(small_disk / "store")
    store.compute("11", "forecast", lambda: {"a": bytes(1000)}, FILES)
    with pytest.raises(OutputError) as raised:
        store.compute("22", "forecast", lambda: {"a": bytes(1_000_000)}, FILES)
    assert str(raised.value) == (
        f"{small_disk}/store: cannot write: No space left on device; free some space or choose another output folder"
    )
    assert store.get("11", "forecast") is not None
    assert store.get("22", "forecast") is None
    assert leftovers(small_disk / "store") == []


def test_what_is_there_already_is_kept_as_one_file_and_read_as_any_other(tmp_path):
    store, value = Store(tmp_path), {"x": np.arange(3.0)}
    for _ in range(2):
        assert store.keep(KEY, "forecast", value, ARRAYS, {"made": "of"})["x"].tolist() == [0.0, 1.0, 2.0]
    (only,) = folder_of(tmp_path).iterdir()
    entry = Store(tmp_path).get(KEY, "forecast")
    assert entry is not None
    assert entry.load(ARRAYS)["x"].tolist() == [0.0, 1.0, 2.0]
    assert entry.files == ARRAYS.encode(value)
    assert store.origin(KEY, "forecast") == {"made": "of"}
    assert Store(tmp_path).compute(KEY, "forecast", never, ARRAYS)["x"].tolist() == [0.0, 1.0, 2.0]
    assert store.damage(KEY, "forecast") is None
    assert leftovers(tmp_path) == []
    index = json.loads(only.read_text())
    index["within"]["arrays.npz"] = index["within"]["arrays.npz"][::-1]
    only.write_text(json.dumps(index))
    assert store.damage(KEY, "forecast")
