"""What a tracker is told follows from the run folder alone."""

import json

import pytest

from run_folders import FINDING, GATES, HEAD, METRICS, WANDB, run_folder
from runner.specification.tracker import at_step
from runner.tracking.told import EXIT_CODES, id_of, record_of, table


def test_everything_in_the_folder_is_told(tmp_path):
    folder = run_folder(tmp_path, "r1", WANDB, ["wandb"], sweep={"name": "20200301", "trial": 4})
    record = record_of(folder, tmp_path / "registry", edition="e")
    assert (record.id, record.edition, record.name, record.kind) == ("vol-r1", "e", "r1", "vol")
    assert (record.group, record.tags, record.state, record.exit_code) == ("20200301", ("candidate",), "finished", 0)
    assert record.config["model"] == {"rate": 0.5}
    assert record.summary == {
        "state": "finished", "level": "candidate", "passed": True, "forecast": "passed", "portfolio": "none",
        "started": record.began, "finished": record.ended, "ledger_head": HEAD, "trial": 7, "family_trials": 9,
        "sweep_trial": 4, "data": "bundled:sp500", "data_fingerprint": "f" * 64, "commit": "c" * 40,
        "uncommitted_changes": False, "run_key": "k" * 64, "gate/skill/value": 0.5, "gate/skill/status": "passed",
        "gate/tries/status": "pending", **{name: value for name, value in METRICS.items() if value is not None},
    }  # fmt: skip
    assert record.history == {
        "fold": [{"fold": 1, "test/har/r2": 0.1, "test/r2": 0.4}, {"fold": 2, "test/r2": 0.6}],
        "stage": [
            {"stage": 1, "name": "panel", "seconds": 0.5, "cached": False},
            {"stage": 2, "name": "fits", "seconds": 2.0, "cached": True},
        ],
    }
    gates, folds, leaks = (record.tables[name] for name in ("gates", "folds", "leak_findings"))
    assert gates.columns == ("name", "status", "required", "value", "threshold", "says")
    assert gates.rows[0] == tuple(GATES[0][name] for name in gates.columns)
    assert folds.columns[:4] == ("fold", "train", "valid", "test")
    assert folds.columns[-2:] == ("test/har/r2", "test/r2")
    assert folds.rows[1][:4] == (2, *["2020-01-01 to 2020-02-01"] * 3)
    assert folds.rows[1][-2:] == (None, 0.6)
    assert leaks.rows == (tuple(FINDING[name] for name in leaks.columns),)
    assert record.images == {"equity": folder / "plots" / "equity.png"}
    assert record.files == {"report": folder / "report.html"}


def test_no_figure_of_a_fold_stands_where_one_of_the_run_does(tmp_path):
    """`verify --against` knows a figure by the end of its path, however deep it stands."""
    record = record_of(run_folder(tmp_path, "r1", WANDB, ["wandb"]), tmp_path / "registry")
    paths = {at_step(step, name) for step, rows in record.history.items() for row in rows for name in row}
    assert {"fold", "fold/test_r2", "stage/seconds"} <= paths
    assert not [path for path in paths for name in record.summary if path == name or path.endswith(f"/{name}")]


@pytest.mark.parametrize("state", ["failed", "interrupted", "pruned"])
def test_a_run_that_ended_otherwise_is_told_as_that(tmp_path, state):
    scores = {"pruned": {"fold": 2, "reason": "behind", "scores": [0.1, 0.2]}} if state == "pruned" else {}
    folder = run_folder(tmp_path, "r1", WANDB, ["wandb"], bare=True, state=state, stages=[], **scores)
    (folder / "events.jsonl").write_text(
        json.dumps({"event": "started"}) + "\n" + json.dumps({"event": "failed", "errors": [{"message": "no memory"}]})
    )
    record = record_of(folder, tmp_path / "registry")
    assert (record.state, record.exit_code) == (state, EXIT_CODES[state])
    assert record.tags == (state,)
    assert record.summary["state"] == state
    assert record.summary.get("error") == ("no memory" if state == "failed" else None)
    assert [row.get("score") for row in record.history.get("fold", ())] == ([0.1, 0.2] if state == "pruned" else [])
    assert set(record.tables) == {"folds"}
    assert not record.images
    assert not record.files


def test_a_killed_run_is_told_as_crashed(tmp_path):
    folder = run_folder(tmp_path, "r1", WANDB, ["wandb"], bare=True, state="running", finished=None)
    record = record_of(folder, tmp_path / "registry", crashed=True)
    assert (record.state, record.exit_code, record.tags) == ("crashed", 137, ("crashed",))


def test_files_that_nobody_can_read_are_absent(tmp_path):
    folder = run_folder(tmp_path, "r1", WANDB, ["wandb"])
    for name in ("config.yaml", "gates.json", "leaks.json"):
        (folder / name).write_text("{[")
    record = record_of(folder, tmp_path / "registry")
    assert record.config == {}
    assert set(record.tables) == {"folds"}


def test_ids_of_long_names_stay_apart():
    long = "x" * 200
    assert id_of(long, "20200301T000000Z-aaaaaaaa") != id_of(long, "20200301T000000Z-bbbbbbbb")
    assert len(id_of(long, "20200301T000000Z-aaaaaaaa")) == 100


def test_a_table_has_the_columns_of_all_its_rows():
    found = table([{"a": 1}, {"b": [1, "x"], "a": None}])
    assert found.columns == ("a", "b")
    assert found.rows == ((1, None), (None, '[1, "x"]'))
    assert table([], columns=("a",)).columns == ("a",)
