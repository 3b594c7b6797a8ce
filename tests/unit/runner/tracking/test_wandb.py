"""Weights & Biases, the real thing: offline needs no account, no network, and says nothing."""

import json
import os
import struct
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from runner.composition.places import config_folder
from runner.tracking.orders import Order, post

CONF = config_folder() / "tracking"

# A process of its own: an empty home, no key, no network settings, every warning an error.
SCRIPT = """
import json, logging, sys
from pathlib import Path
from runner.tracking import RunInfo, tracked
from runner.tracking.deliver import deliver
from runner.tracking.wandb import WandB

logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stdout)
outputs, mode, names = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
folder = outputs / "runs" / "vol"
(folder / "pictures").mkdir(parents=True)
(folder / "report.html").write_text("<p>report</p>")
(folder / "pictures" / "equity.svg").write_text("<svg/>")
bundle = outputs / "registry" / "vol" / "3"
bundle.mkdir(parents=True)
(bundle / "bundle.json").write_text("{}")
tracker = WandB(mode=mode, project="assay", entity=None, group="sweep-1", tags=("daily",))
assert "wandb" not in sys.modules
for name in names:
    config = {"model": {"rate": 0.5}}
    run = RunInfo(name=name, experiment="vol", config=config, folder=folder, outputs=outputs)
    try:
        with tracked(tracker, run) as session:
            session.log_metrics({"test/r2": 0.5, "test/ic": float("nan"), "test/n": None})
            session.log_level("candidate")
            session.log_files([folder / "report.html", folder / "pictures" / "equity.svg"])
            if name.startswith("good"):
                session.log_bundle(bundle, ["champion"])
            if name.startswith("missing"):
                session.log_files([folder / "missing"])
            if name.startswith("bad"):
                raise ValueError
    except ValueError:
        pass
assert mode == "online" or "wandb" not in sys.modules
deliver(outputs)
"""


def track(outputs: Path, mode: str, *names: str, **environment: str) -> str:
    """What the process prints while it tracks runs."""
    home = outputs.parent / "home"
    home.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(outputs), mode, *names],
        env=clean | {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "ASSAY_TRACKING_WAIT": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def records(outputs: Path, name: str) -> list:
    """The records of an offline run: a LevelDB log of protocol buffers after a header of 7 bytes."""
    from wandb.proto import wandb_internal_pb2

    (file,) = outputs.glob(f"wandb/offline-run-*-{name}/run-{name}.wandb")
    data, at, message, found = file.read_bytes(), 7, b"", []
    while at + 7 <= len(data):
        _, length, kind = struct.unpack_from("<IHB", data, at)
        if kind == 0:
            at += 32768 - at % 32768
            continue
        message += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(message)
            found.append(record)
            message = b""
        at += -at % 32768 if 32768 - at % 32768 < 7 else 0
    return found


@pytest.fixture(scope="module")
def offline(tmp_path_factory) -> tuple[Path, str]:
    outputs = tmp_path_factory.mktemp("offline") / "outputs"
    return outputs, track(outputs, "offline", "good-1", "bad-1")


def test_offline_it_says_nothing_and_writes_under_outputs_only(offline):
    outputs, printed = offline
    assert printed == ""
    assert sorted(path.name for path in outputs.iterdir()) == ["registry", "runs", "wandb"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_offline_the_run_holds_everything_and_its_true_state(offline):
    outputs, _ = offline
    for name, code in (("good-1", 0), ("bad-1", 1)):
        found = records(outputs, name)
        run = next(record.run for record in found if record.HasField("run"))
        assert (run.run_id, run.display_name, run.project) == (name, name, "assay")
        assert (run.run_group, run.job_type, list(run.tags)) == ("sweep-1", "vol", ["daily"])
        config = {item.key: json.loads(item.value_json) for item in run.config.update}
        assert config["model"] == {"rate": 0.5}
        history = next(record.history for record in found if record.HasField("history"))
        logged = {item.key or item.nested_key[0]: json.loads(item.value_json) for item in history.item}
        assert logged["test/r2"] == 0.5
        assert logged["state"] == ("finished" if code == 0 else "failed")
        assert not {"test/ic", "test/n"} & set(logged)
        assert [record.exit.exit_code for record in found if record.HasField("exit")] == [code]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_offline_a_promoted_bundle_is_an_artifact_with_its_aliases(offline):
    outputs, _ = offline
    (artifact,) = [record.artifact for record in records(outputs, "good-1") if record.HasField("artifact")]
    assert (artifact.name, artifact.type) == ("vol", "model")
    assert set(artifact.aliases) == {"champion", "version-3", "latest"}  # W&B itself adds the last one
    (entry,) = artifact.manifest.contents
    assert (entry.path, entry.local_path) == ("bundle.json", str(outputs / "registry" / "vol" / "3" / "bundle.json"))


def test_offline_the_files_are_copies(offline):
    outputs, _ = offline
    (folder,) = outputs.glob("wandb/offline-run-*-good-1/files")
    assert (folder / "report.html").read_text() == "<p>report</p>"
    assert (folder / "pictures" / "equity.svg").read_text() == "<svg/>"
    assert not (folder / "report.html").is_symlink()


def test_online_without_a_key_it_keeps_the_run_and_says_what_to_do(tmp_path):
    outputs = tmp_path / "outputs"
    assert track(outputs, "online", "good-1") == (
        f"WARNING tracking stopped, the run goes on: kept under {outputs}/wandb for `wandb sync`: "
        "W&B has no key; run `wandb login` or set WANDB_API_KEY\n"
    )
    assert len(list(outputs.glob("wandb/offline-run-*-good-1-offline"))) == 1


def test_what_goes_wrong_is_a_line_in_the_runs_folder_and_stops_no_other_run(tmp_path):
    outputs = tmp_path / "outputs"
    assert track(outputs, "offline", "missing-1", "good-1") == ""
    when, _, said = (outputs / "runs" / "vol" / "tracking.log").read_text().partition(" ")
    assert datetime.fromisoformat(when).tzinfo is not None
    assert said == (
        f"Weights & Biases was not told: [Errno 2] No such file or directory: '{outputs}/runs/vol/missing'\n"
    )
    assert len(list(outputs.glob("wandb/offline-run-*"))) == 2
    assert not list(outputs.glob("wandb/pending/*.json"))


def test_nobody_waits_for_it(tmp_path):
    outputs = tmp_path / "outputs"
    assert track(outputs, "offline", "good-1", ASSAY_TRACKING_WAIT="0") == ""
    deadline = time.monotonic() + 60
    # The order is there until it is written: the process that was started has outlived the one that posted it.
    while list(outputs.glob("wandb/pending/*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(list(outputs.glob("wandb/offline-run-*-good-1"))) == 1
    with FileLock(outputs / "wandb" / ".lock", timeout=60):
        pass


def test_an_order_that_is_left_over_is_written_by_the_next_run(tmp_path):
    outputs = tmp_path / "outputs"
    order = Order(
        mode="offline",
        project="assay",
        entity=None,
        group=None,
        tags=(),
        id="left",
        name="left",
        experiment="vol",
        config={},
        folder=str(outputs / "runs" / "vol"),
        outputs=str(outputs),
        metrics={},
        files=(),
        bundle=None,
        aliases=(),
        state="finished",
    )
    post(order)
    assert track(outputs, "offline", "good-1") == ""
    assert len(list(outputs.glob("wandb/offline-run-*"))) == 2


@pytest.mark.parametrize(("choice", "mode"), [("wandb", "online"), ("wandb_offline", "offline")])
def test_both_choices_are_the_same_class_with_all_parameters(choice, mode):
    config = yaml.safe_load((CONF / f"{choice}.yaml").read_text())
    assert config == {
        "_target_": "runner.tracking.wandb.WandB",
        "mode": mode,
        "project": "assay",
        "entity": None,
        "group": None,
        "tags": [],
    }
