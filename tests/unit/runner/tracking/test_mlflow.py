"""MLflow, the real thing on SQLite: parameters, figures, files and the model registry; silent, and never in the way."""

import json
import math
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from run_folders import GATES, HEAD, METRICS, MLFLOW, PNG, moved, run_folder, version

pytestmark = pytest.mark.skipif(
    find_spec("mlflow") is None, reason="MLflow is not installed: pip install 'assay-runner[mlflow]'"
)
ODD = {"x.y": {"{w}": "é" * 10_000, "nan": math.nan}, "x": {"y": {"_w_": 3}}}
PLACES = ["mlflow"]
OTHER = {**MLFLOW, "project": "other"}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for all: making one takes seconds."""
    return tmp_path_factory.mktemp("mlflow") / "outputs"


def client(outputs: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        uri = f"sqlite:///{outputs / 'mlflow.db'}"
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def runs(outputs: Path, project: str = "assay") -> dict[str, Any]:
    found = client(outputs)
    listed = found.search_runs([found.get_experiment_by_name(project).experiment_id])
    assert len({run.info.run_name for run in listed}) == len(listed)
    return {run.info.run_name: run for run in listed}


@pytest.mark.filterwarnings("ignore")
def test_everything_is_kept_field_by_field_and_once(outputs, tell):
    folder = run_folder(outputs, "whole", MLFLOW, PLACES, sweep={"name": "s", "trial": 4}, config=ODD)
    for state in ("failed", "interrupted", "pruned", "running"):
        run_folder(outputs, state, MLFLOW, PLACES, state=state, bare=True)
    assert tell(outputs) == []
    assert sorted(path.name for path in outputs.iterdir()) == ["mlflow", "mlflow.db", "runs", "tracking"]
    found = runs(outputs)
    assert {name: run.info.status for name, run in found.items()} == {
        "whole": "FINISHED", "failed": "FAILED", "interrupted": "KILLED", "pruned": "FINISHED", "running": "KILLED",
    }  # fmt: skip
    data, info = found["whole"].data, found["whole"].info
    params = {name: value for name, value in data.params.items() if not name.startswith("tracking")}
    odd = {"x.y._w_": "3", "x.y._w__2": "é" * 6000, "x.y.nan": "nan"}
    assert params == {"model.rate": "0.5", **odd}
    figures = {name: value for name, value in METRICS.items() if value is not None}
    assert data.metrics.items() >= {**figures, "gate/skill/value": 0.5, "trial": 7, "sweep_trial": 4}.items()
    wanted = {"level": "candidate", "state": "finished", "group": "s", "ledger_head": HEAD, "commit": "c" * 40}
    wanted |= {"data_fingerprint": "f" * 64, "gate/skill/status": "passed", "gate/tries/status": "pending"}
    assert data.tags.items() >= {**wanted, "experiment": "vol", "tag.candidate": "true"}.items()
    assert found["running"].data.tags["state"] == "crashed"
    assert (info.end_time - info.start_time) == 9000
    history = client(outputs).get_metric_history(info.run_id, "fold/test_r2")
    assert [(point.step, point.value) for point in history] == [(1, 0.4), (2, 0.6)]
    history = client(outputs).get_metric_history(info.run_id, "stage/seconds")
    assert [(point.step, point.value) for point in history] == [(1, 0.5), (2, 2.0)]
    files = Path(info.artifact_uri.removeprefix("file://"))
    assert (files / "figures" / "equity.png").read_bytes() == PNG
    assert (files / "report.html").read_text() == "<p>report</p>"
    gates = json.loads((files / "tables" / "gates.json").read_text())
    assert gates["data"] == [[gate[name] for name in gates["columns"]] for gate in GATES]
    # A process that was killed before it could note what it told tells it again, as does a later edition.
    (outputs / "tracking" / "delivered.jsonl").unlink()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"state": "failed"}))
    assert tell(outputs) == []
    again = runs(outputs)
    assert {run.info.run_id for run in again.values()} == {run.info.run_id for run in found.values()}
    assert again["whole"].info.status == "FAILED"
    history = client(outputs).get_metric_history(info.run_id, "fold/test_r2")
    assert [(point.step, point.value) for point in history] == [(1, 0.4), (2, 0.6)]


@pytest.mark.filterwarnings("ignore")
def test_aliases_move_with_ours(outputs, tell):
    run_folder(outputs, "a", OTHER, PLACES, bundle=version(outputs, 1, "a", OTHER, PLACES))
    moved(outputs, 1, None, 1)
    assert tell(outputs) == []
    run_folder(outputs, "b", OTHER, PLACES, bundle=version(outputs, 2, "b", OTHER, PLACES))
    moved(outputs, 2, 1, 2)
    assert tell(outputs) == []
    model = client(outputs).get_registered_model("vol")
    held = {found.version: found for found in client(outputs).search_model_versions("name = 'vol'")}
    assert {number: found.tags["bundle_version"] for number, found in held.items()} == {1: "1", 2: "2"}
    assert model.aliases == {"champion": 2}
    assert held[2].run_id == runs(outputs, "other")["b"].info.run_id
    assert (Path(held[2].source.removeprefix("file://")) / "bundle.json").is_file()
    moved(outputs, 3, 2, 1, "rollback")
    assert tell(outputs) == []
    assert client(outputs).get_registered_model("vol").aliases == {"champion": 1}
    assert sorted(runs(outputs, "other")) == ["a", "b", "vol rollback 3"]
    assert len(client(outputs).search_model_versions("name = 'vol'")) == 2
