"""The verb `store` on a real store and real runs: why, ls, verify, gc."""

import hashlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.errors import ConfigError
from runner.cli import perform
from runner.compute.stage import Cache, Given
from runner.console import Console
from runner.storage.collect import collect, usage
from runner.storage.formats import ARRAYS, FILES, JSON
from runner.storage.store import Store


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def halves(numbers: list[float], *, by: float, names: list[str]) -> list[float]:
    return [number / by for number in numbers]


def summed(parts: list[float], *, digits: int) -> float:
    return round(sum(parts), digits)


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "outputs"


def run(outputs: Path, started: str, *, bars: str = "1", by: float = 2.0, digits: int = 3) -> Cache:
    """A run of two stages, of which the second keeps nothing, and its manifest."""
    cache = Cache(store=Store(outputs / "store"), progress=Console(io.StringIO()))
    panel = Given(key=hashed(bars), value=[1.0, 2.0])
    half = cache.stage(halves, inputs={"numbers": panel}, settings={"by": by, "names": ["a"]}, form=JSON)
    cache.stage(summed, inputs={"parts": half}, settings={"digits": digits}, form=None).value  # noqa: B018
    folder = outputs / "runs/e" / f"{started}-0"
    folder.mkdir(parents=True)
    content = {"keys": {name: stage.key for name, stage in cache.made.items()}, "started": "2030-01-01T00:00:00+00:00"}
    (folder / "manifest.json").write_text(json.dumps(content))
    return cache


def why(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[str]]:
    assert perform("store", ["why", *arguments, "--json"]) == 0
    return {each["stage"]: each["lines"] for each in json.loads(capsys.readouterr().out)["stages"]}


def test_the_first_run_has_nothing_to_be_compared_with(outputs, capsys):
    run(outputs, "1")
    first = "nothing to compare it with: the first of its kind"
    assert why(capsys, "1-0") == {"halves": [first], "summed": [first]}


def test_what_did_not_change_was_found(outputs, capsys):
    run(outputs, "1")
    run(outputs, "2")
    assert why(capsys, "2-0") == {"halves": ["found in the store"], "summed": ["as before; not kept as one result"]}


def test_a_setting_is_named_with_both_values_and_followed_to_what_is_made_of_it(outputs, capsys):
    run(outputs, "1")
    run(outputs, "2", by=4.0)
    assert why(capsys, "2-0") == {"halves": ["by 2.0 -> 4.0"], "summed": ["input parts: stage halves"]}
    assert why(capsys, "2-0", "summed") == {"summed": ["input parts: stage halves"], "halves": ["by 2.0 -> 4.0"]}
    assert why(capsys, "2-0", "halves") == {"halves": ["by 2.0 -> 4.0"]}


def test_a_stage_that_keeps_nothing_is_explained_as_well(outputs, capsys):
    run(outputs, "1")
    run(outputs, "2", digits=1)
    assert why(capsys, "2-0") == {"halves": ["found in the store"], "summed": ["digits 3 -> 1"]}


def test_the_nearest_earlier_run_is_compared_with(outputs, capsys):
    run(outputs, "1", by=3.0)
    run(outputs, "2", by=4.0, bars="2")
    run(outputs, "3", by=5.0)
    assert why(capsys, "3-0", "halves") == {"halves": ["by 3.0 -> 5.0"]}


def test_other_bars_are_an_input(outputs, capsys):
    run(outputs, "1")
    run(outputs, "2", bars="2")
    assert why(capsys, "2-0", "halves") == {"halves": ["input numbers: other content"]}


def test_it_is_said_in_lines(outputs, capsys):
    run(outputs, "1")
    run(outputs, "2", by=4.0)
    assert perform("store", ["why", "2-0"]) == 0
    assert capsys.readouterr().out == "halves: by 2.0 -> 4.0\nsummed: input parts: stage halves\n"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda parts, versions: parts.update({"a:f": "2"}), "code a:f changed"),
        (lambda parts, versions: parts.update({"a:g": "2"}), "code a:g is new"),
        (lambda parts, versions: parts.pop("a:f"), "code a:f is gone"),
        (lambda parts, versions: versions.update(numpy="2.4.6"), "numpy 2.4.5 -> 2.4.6"),
        (lambda parts, versions: versions.update(numba="1.0"), "numba none -> 1.0"),
    ],
)
def test_a_function_and_a_library_are_named(tmp_path, change: Callable[..., Any], line: str):
    from runner.compute.why import changes

    store = Store(tmp_path)
    parts, versions = {"a:f": "1", "a:h": "1"}, {"numpy": "2.4.5"}
    store.describe("d1", {"parts": dict(parts), "versions": dict(versions)})
    change(parts, versions)
    store.describe("d2", {"parts": parts, "versions": versions})
    now, before = ({"code": {"a.f": digest, "a.other": digest}} for digest in ("d2", "d1"))
    assert changes(now, before, store, {}) == [line]
    now["code"]["a.f"] = "d3"
    assert "code a.f changed" in changes(now, before, store, {})


def filled(root: Path, keys: Mapping[str, int]) -> Store:
    """Results of 1,000 bytes and a little, used at these seconds."""
    store = Store(root)
    for name, used in keys.items():
        key = hashed(name)
        store.compute(key, "forecast", lambda: {"x": b"." * 1000}, FILES)
        os.utime(store.folder(key, "forecast"), (used, used))
    return store


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    store = filled(tmp_path, {"old": 10, "older": 5, "new": 20})
    size = usage(store)[0].bytes // 3
    planned = collect(store, 2 * size, dry_run=True)
    assert len(store.keys("forecast")) == 3
    assert collect(store, 2 * size) == planned
    assert (planned.removed, planned.removed_bytes, planned.kept_bytes, planned.busy) == (1, size, 2 * size, 0)
    assert store.keys("forecast") == tuple(sorted((hashed("old"), hashed("new"))))
    assert store.get(hashed("old"), "forecast") is not None  # which uses it
    collect(store, size)
    assert store.keys("forecast") == (hashed("old"),)
    collect(store, 0)
    assert store.keys("forecast") == ()
    assert not list((tmp_path / ".partial").iterdir())


def test_to_verify_is_not_to_use(tmp_path):
    store = filled(tmp_path, {"old": 10})
    assert store.damage(hashed("old"), "forecast") is None
    assert store.folder(hashed("old"), "forecast").stat().st_mtime == 10


def test_a_result_that_some_process_computes_is_left_alone(tmp_path):
    store = filled(tmp_path, {"a": 1})
    code = f"""
import sys, time
from pathlib import Path
from runner.storage.store import Store
with Store(Path({str(tmp_path)!r}))._lock({hashed("a")!r}, "forecast"):
    print("held", flush=True); sys.stdin.read()
"""
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    found = collect(store, 0)
    assert (found.removed, found.busy) == (0, 1)
    assert store.get(hashed("a"), "forecast") is not None
    holder.communicate("")
    assert collect(store, 0).removed == 1


def test_a_reader_beside_it_never_sees_half_a_result(tmp_path):
    """Another process reads and computes all the time while everything is collected again and again."""
    code = f"""
import time, numpy as np, logging
from pathlib import Path
from runner.storage.formats import ARRAYS
from runner.storage.store import Store
logging.basicConfig(level=logging.WARNING)
store, end, n = Store(Path({str(tmp_path)!r})), time.monotonic() + 2, 0
while time.monotonic() < end:
    for k in range(4):
        got = store.compute(f"{{k:064d}}", "forecast", lambda: {{"a": np.full(500, k), "b": np.full(500, -k)}}, ARRAYS)
        assert (got["a"] == k).all() and (got["b"] == -k).all()
        n += 1
print(n)
"""
    reader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    store, removed = Store(tmp_path), 0
    while reader.poll() is None:
        removed += collect(store, 0).removed
        time.sleep(0.005)
    out, err = reader.communicate()
    assert (reader.returncode, err) == (0, "")
    assert int(out) > 10
    assert removed > 4


def test_damaged_results_are_named(outputs, capsys):
    store = Store(outputs / "store")
    for name in ("a", "b"):
        store.compute(hashed(name), "forecast", lambda: {"x": np.arange(3.0)}, ARRAYS)
    assert perform("store", ["verify"]) == 0
    assert capsys.readouterr().out == "2 results are what was written.\n"
    (damaged,) = (file for file in store.folder(hashed("a"), "forecast").iterdir() if file.name != "index.json")
    damaged.write_bytes(b"?")
    assert perform("store", ["verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["damaged"] == [f"forecast/{hashed('a')}: {damaged.name} differs from its checksum"]
    assert found["results"] == 2


def test_the_store_is_listed_and_collected(outputs, capsys):
    run(outputs, "1")
    assert perform("store", ["ls", "--json"]) == 0
    rows = {row["stage"]: row for row in json.loads(capsys.readouterr().out)["stages"]}
    assert rows["halves"]["entries"] == 1
    assert rows["explanations"]["entries"] >= 2
    assert perform("store", ["ls"]) == 0
    assert "halves" in capsys.readouterr().out
    assert perform("store", ["gc", "--max-size", "0", "--dry-run"]) == 0
    assert "would go" in capsys.readouterr().out
    assert perform("store", ["gc", "--max-size", "0KB", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept_bytes"] == 0
    assert perform("store", ["ls"]) == 0
    assert capsys.readouterr().out == "outputs/store: 0 B\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["gc"], "store gc: how much may be left? give --max-size, as --max-size 2GB"),
        (["gc", "--max-size", "much"], "--max-size much: not a size; write a number and B, KB, MB, GB or TB, as 2GB"),
        (["why"], "store why: of which run? name a run folder, a run id or latest"),
        (["list"], "store list: no such action; there are why, ls, verify, gc"),
        (["ls", "run"], "store ls: takes no run; only `store why RUN [STAGE]` does"),
        (["why", "1-0", "fit"], "fit: the run has no such stage; it has halves, summed"),
    ],
)
def test_what_is_wrong_is_one_line(outputs, arguments, error):
    run(outputs, "1")
    with pytest.raises(ConfigError) as raised:
        perform("store", arguments)
    assert str(raised.value) == error
