"""The run folder: whole files, a true state, one line where it cannot be written."""

import json
import math
import shutil
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from components.errors import ConfigError, OutputError
from runner.judging.junit import junit
from runner.judging.standing import Rival, Standing
from runner.judging.verdict import GateOutcome, Verdict
from runner.recording.records import RunRecord

KEY = "0123456789abcdef" * 4


def manifest(record: RunRecord) -> dict:
    return json.loads((record.folder / "manifest.json").read_text())


def gate(name: str, status: str, required: bool) -> GateOutcome:
    return GateOutcome(name=name, status=status, required=required, value=0.1, threshold=None, says=f"{name} says")


VERDICT = Verdict(
    gates=(
        gate("skill", "passed", True),
        gate("costs", "failed", True),
        gate("stability", "failed", False),
        gate("direction", "not_applicable", True),
    ),
)


def test_a_new_run_is_running_and_says_where_it_comes_from(tmp_path):
    record = RunRecord.create(tmp_path / "outputs", "vol", KEY)
    found = manifest(record)
    assert record.folder.parent == tmp_path / "outputs" / "runs" / "vol"
    assert record.folder.name == record.run_id == found["run_id"]
    time, _, key = record.run_id.partition("-")
    assert datetime.strptime(time, "%Y%m%dT%H%M%SZ").isoformat() + "+00:00" == found["started"]
    assert key == "01234567"
    assert (found["experiment"], found["run_key"], found["state"]) == ("vol", KEY, "running")
    assert found["finished"] is None
    assert found["versions"]["numpy"]
    assert "pytest" not in found["versions"]
    assert not (tmp_path / "outputs" / "latest").exists()


def test_runs_of_the_same_second_have_their_own_folders(tmp_path):
    records = [RunRecord.create(tmp_path, "vol", KEY) for _ in range(5)]
    assert len({record.folder for record in records}) == 5
    assert {manifest(record)["run_id"] for record in records} == {record.folder.name for record in records}


def test_facts_are_added_to_the_manifest(tmp_path):
    record = RunRecord.create(tmp_path, "vol", KEY)
    record.note({"seed": 3, "data": {"share": float("nan")}})
    record.note({"seed": 4})
    assert manifest(record)["seed"] == record.manifest["seed"] == 4
    assert manifest(record)["data"] == {"share": None}
    assert manifest(record)["state"] == "running"


def test_everything_a_run_writes_can_be_read_back(tmp_path):
    record = RunRecord.create(tmp_path, "vol", KEY)
    record.write_text("config.yaml", "name: vol  # é\n")
    record.write_metrics({"test/r2": 0.5, "test/ic": math.nan, "test/n": math.inf, "a": None})
    frame = pd.DataFrame({"symbol": ["A"], "timestamp": pd.to_datetime(["2020-01-01"]), "forecast": [0.1]})
    record.write_table("forecasts", frame)
    record.write_json("gates.json", VERDICT.to_json())
    record.write_bytes("junit.xml", junit("vol", VERDICT))
    assert (record.folder / "config.yaml").read_text(encoding="utf-8") == "name: vol  # é\n"
    text = (record.folder / "metrics.json").read_text()
    assert list(json.loads(text).items()) == [
        ("a", None),
        ("test/ic", None),
        ("test/n", None),
        ("test/r2", 0.5),
    ]
    pd.testing.assert_frame_equal(pd.read_parquet(record.folder / "forecasts.parquet"), frame, check_dtype=False)
    assert json.loads((record.folder / "gates.json").read_text()) == VERDICT.to_json()
    assert (record.folder / "junit.xml").read_bytes() == junit("vol", VERDICT)
    assert not [path.name for path in record.folder.iterdir() if path.name.startswith(".")]


def test_gates_are_test_cases():
    root = ElementTree.fromstring(junit("vol", VERDICT))
    assert root.attrib == {"name": "vol", "tests": "4", "failures": "1", "skipped": "2", "errors": "0"}
    cases = {
        case.get("name"): [(child.tag, child.get("message")) for child in case] for case in root.findall("testcase")
    }
    assert cases == {
        "skill": [],
        "costs": [("failure", "costs says")],
        "stability": [("skipped", "failed, but only advisory: stability says")],
        "direction": [("skipped", "not applicable: direction says")],
    }


def test_the_level_and_both_results_are_properties():
    standing = Standing(rival=Rival(name="har", gain=-0.1, p=0.9))
    verdict = Verdict(gates=(replace(gate("skill", "passed", True), skill=True),), standing=standing)
    found = {
        each.get("name"): each.get("value") for each in ElementTree.fromstring(junit("vol", verdict)).iter("property")
    }
    assert found == {"level": "candidate", "forecast": "passed", "portfolio": "not judged", "no_better_than": "har"}


def test_a_gate_that_waits_for_promotion_is_skipped():
    root = ElementTree.fromstring(junit("vol", Verdict(gates=(gate("vault", "deferred", True),))))
    (case,) = root.findall("testcase")
    assert [(child.tag, child.get("message")) for child in case] == [("skipped", "at promotion: vault says")]


def test_what_xml_cannot_hold_is_replaced():
    outcome = GateOutcome(name="g", status="failed", required=True, value=None, threshold=None, says="a<b\x00&\ud800")
    (case,) = ElementTree.fromstring(junit("vol", Verdict(gates=(outcome,)))).findall("testcase")
    assert case[0].get("message") == "a<b?&?"


@pytest.mark.parametrize("state", ["finished", "failed", "interrupted"])
def test_a_closed_run_has_its_state_and_is_the_latest(tmp_path, state):
    RunRecord.create(tmp_path, "vol", KEY).close("finished")
    record = RunRecord.create(tmp_path, "other", KEY)
    record.close(state)
    record.close("failed")
    assert manifest(record)["state"] == state
    assert manifest(record)["finished"] >= manifest(record)["started"]
    assert (tmp_path / "latest").resolve() == record.folder.resolve()
    assert not (tmp_path / "latest").readlink().is_absolute()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "runs"]


@pytest.mark.parametrize(
    ("error", "state"),
    [(None, "finished"), (ValueError, "failed"), (SystemExit, "failed"), (KeyboardInterrupt, "interrupted")],
)
def test_as_a_context_it_closes_with_the_true_state(tmp_path, error, state):
    record = RunRecord.create(tmp_path, "vol", KEY)
    with pytest.raises(error) if error else nullcontext(), record:
        if error:
            raise error
    assert manifest(record)["state"] == state


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "-x", "a b", "a\n"])
def test_a_name_that_cannot_be_a_folder_is_refused(tmp_path, name):
    with pytest.raises(ConfigError) as raised:
        RunRecord.create(tmp_path, name, KEY)
    assert str(raised.value) == (
        f"name: {name!r} cannot name a folder; allowed are letters, digits, dot, dash and underscore, "
        "not beginning with a dot or dash"
    )
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_are_a_file_are_told_in_one_line(tmp_path):
    outputs = tmp_path / "outputs"
    outputs.write_text("in the way")
    with pytest.raises(OutputError) as raised:
        RunRecord.create(outputs, "vol", KEY)
    assert str(raised.value) == (
        f"{outputs}: cannot write: Not a directory; remove the file that is in the way or choose another output folder"
    )


def test_outputs_in_a_place_that_takes_no_files_are_told_in_one_line():
    with pytest.raises(OutputError) as raised:
        RunRecord.create(Path("/proc/outputs"), "vol", KEY)
    assert str(raised.value) == ("/proc/outputs: cannot write: No such file or directory; choose another output folder")


def test_a_full_disk_is_told_in_one_line_and_keeps_what_was_whole(small_disk):
    record = RunRecord.create(small_disk, "vol", KEY)
    record.write_text("config.yaml", "old")
    with pytest.raises(OutputError) as raised, record:
        record.write_text("config.yaml", "x" * 1_000_000)
    assert str(raised.value) == (
        f"{record.folder}: cannot write: No space left on device; free some space or choose another output folder"
    )
    assert (record.folder / "config.yaml").read_text() == "old"
    assert manifest(record)["state"] == "failed"
    assert not [path.name for path in record.folder.iterdir() if path.name.startswith(".")]


def test_the_error_that_ended_a_run_is_told_even_if_its_state_cannot_be_written(tmp_path):
    record = RunRecord.create(tmp_path, "vol", KEY)
    shutil.rmtree(record.folder)
    record.folder.write_text("in the way")
    with pytest.raises(ZeroDivisionError), record:
        raise ZeroDivisionError
