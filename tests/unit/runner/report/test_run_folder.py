"""Finding and reading run folders; the verb `report`; every error is one clear line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from components.errors import ConfigError, DataError
from runner.cli import perform
from runner.recording.run_folder import RunFolder, find_run

BuildRun = Callable[..., Path]


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """outputs/ with three empty runs, the newest of which is the latest."""
    root = tmp_path / "outputs"
    for name in ("a/20250101T000000Z-aaaaaaaa", "a/20250102T000000Z-bbbbbbbb", "b/20250103T000000Z-cccccccc"):
        (root / "runs" / name).mkdir(parents=True)
        (root / "runs" / name / "manifest.json").write_text("{}")
    (root / "latest").symlink_to("runs/b/20250103T000000Z-cccccccc")
    return root


def test_find_by_path_id_beginning_and_latest(outputs: Path) -> None:
    newest = outputs / "runs/b/20250103T000000Z-cccccccc"
    assert find_run("latest", outputs) == newest.resolve()
    assert find_run(str(newest), outputs) == newest
    assert find_run("20250102T000000Z-bbbbbbbb", outputs).name == "20250102T000000Z-bbbbbbbb"
    assert find_run("20250101", outputs).name == "20250101T000000Z-aaaaaaaa"


def test_find_fails_in_one_line(outputs: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_run("nope", outputs)
    assert str(caught.value) == (
        "run 'nope' does not exist: neither a run folder nor a run id; the newest run id is '20250103T000000Z-cccccccc'"
    )
    with pytest.raises(ConfigError) as caught:
        find_run("2025010", outputs)
    assert str(caught.value) == (
        "run '2025010' is ambiguous: 20250101T000000Z-aaaaaaaa, 20250102T000000Z-bbbbbbbb, 20250103T000000Z-cccccccc"
    )
    empty = tmp_path / "empty"
    with pytest.raises(ConfigError) as caught:
        find_run("nope", empty)
    assert str(caught.value) == (
        f"run 'nope' does not exist: neither a run folder nor a run id; there are no runs under {empty}/runs"
    )
    with pytest.raises(ConfigError) as caught:
        find_run("latest", empty)
    assert str(caught.value) == (f"{empty}/latest does not exist: no run has finished here; name a run folder")


def test_incomplete_run_names_what_is_missing(build_run: BuildRun) -> None:
    folder = build_run("level", state="failed")
    (folder / "metrics.json").unlink()
    (folder / "equity.parquet").unlink()
    with pytest.raises(DataError) as caught:
        RunFolder.open(folder)
    assert str(caught.value) == (
        f"{folder}: incomplete run (state: failed), metrics.json, equity.parquet missing; "
        "run the experiment again, finished stages come from the cache"
    )


def test_not_a_run_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        RunFolder.open(tmp_path)
    assert str(caught.value) == f"{tmp_path}: not a run folder, it has no manifest.json"
    with pytest.raises(ConfigError) as caught:
        RunFolder.open(tmp_path / "gone")
    assert str(caught.value) == f"{tmp_path / 'gone'}: no such run folder"


@pytest.mark.parametrize("name", ["gates.json", "forecasts.parquet"])
def test_damaged_file_is_named(build_run: BuildRun, name: str) -> None:
    folder = build_run("level")
    (folder / name).write_bytes(b"{ not it")
    with pytest.raises(DataError) as caught:
        _ = RunFolder.open(folder).test
    message = str(caught.value)
    assert message.startswith(f"{folder / name}: unreadable (")
    assert message.endswith("); run the experiment again")
    assert "\n" not in message


def test_verb_writes_the_latest_report(
    build_run: BuildRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build_run("direction")
    root = folder.parents[3]
    (root / "outputs" / "latest").symlink_to(folder.relative_to(root / "outputs"))
    monkeypatch.chdir(root)
    assert perform("report", []) == 0
    assert capsys.readouterr().out == f"{folder / 'report.html'}\n"
    assert (folder / "report.html").stat().st_size > 100_000


def test_test_rows_are_those_with_an_outcome(build_run: BuildRun) -> None:
    run = RunFolder.open(build_run("return"))
    assert set(run.test["span"]) == {"test"}
    assert run.test["target"].notna().all()
    assert run.test["timestamp"].is_monotonic_increasing
    assert json.loads((run.path / "manifest.json").read_text())["target"]["kind"] == run.kind == "return"
