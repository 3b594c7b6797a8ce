"""MLflow, the real thing on SQLite: parameters, figures, files and the model registry; silent, and never in the way."""

import os
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    find_spec("mlflow") is None, reason="MLflow is not installed: pip install 'assay-runner[mlflow]'"
)

# A process of its own: every warning an error, and nothing of MLflow's settings.
SCRIPT = """
import logging, sys
from pathlib import Path
from runner.tracking import RunInfo, tracked
from runner.tracking.mlflow import MLflow

logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stdout)
outputs, uri = Path(sys.argv[1]), sys.argv[2] or None
folder = outputs / "runs" / "vol"
(folder / "plots").mkdir(parents=True)
(folder / "report.html").write_text("<p>report</p>")
(folder / "plots" / "equity.png").write_text("png")
for version in ("1", "2"):
    (outputs / "registry" / "vol" / version).mkdir(parents=True)
    (outputs / "registry" / "vol" / version / "bundle.json").write_text(version)
tracker = MLflow(uri=uri, project="assay", registry=True)
assert "mlflow" not in sys.modules
moves = {"a": ("1", ["champion"]), "b": ("2", ["challenger"]), "c": ("2", ["champion"]), "bad": None}
for name, move in moves.items():
    config = {"model": {"rate": 0.5, "sizes": [3, 4]}, "features": {"x_{w}": "mean(close, {w})"}}
    run = RunInfo(name=name, experiment="vol", config=config, folder=folder, outputs=outputs)
    try:
        with tracked(tracker, run) as session:
            session.log_metrics({"test/r2": 0.5, "test/ic": float("nan"), "test/n": None})
            for level in ("candidate", "hallmarked"):
                session.log_level(level)
            session.log_files([folder / "report.html", folder / "plots" / "equity.png"])
            if move:
                session.log_bundle(outputs / "registry" / "vol" / move[0], move[1])
            if name == "bad":
                raise ValueError
    except ValueError:
        pass
"""


def track(outputs: Path, uri: str = "") -> str:
    """What the process prints."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(outputs), uri],
        env={**clean, "HOME": str(outputs.parent), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_everything_is_kept_and_aliases_move_with_ours(tmp_path):
    outputs = tmp_path / "outputs"
    assert track(outputs) == ""
    assert sorted(path.name for path in outputs.iterdir()) == ["mlflow", "mlflow.db", "registry", "runs"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        uri = f"sqlite:///{outputs / 'mlflow.db'}"
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        project = client.get_experiment_by_name("assay")
        runs = {run.info.run_name: run for run in client.search_runs([project.experiment_id])}
        assert {name: run.info.status for name, run in runs.items()} == {
            "a": "FINISHED", "b": "FINISHED", "c": "FINISHED", "bad": "FAILED",
        }  # fmt: skip
        assert runs["a"].data.params == {
            "model.rate": "0.5", "model.sizes.0": "3", "model.sizes.1": "4", "features.x__w_": "mean(close, {w})",
        }  # fmt: skip
        assert runs["a"].data.metrics == {"test/r2": 0.5}
        assert runs["a"].data.tags["level"] == "hallmarked"
        files = Path(runs["a"].info.artifact_uri.removeprefix("file://"))
        assert (files / "plots" / "equity.png").read_text() == "png"
        model = client.get_registered_model("vol")
        held = {version.version: version for version in client.search_model_versions("name = 'vol'")}
        assert {number: version.tags["bundle_version"] for number, version in held.items()} == {1: "1", 2: "2"}
        assert model.aliases == {"champion": 2}
        source = Path(held[2].source.removeprefix("file://"))
        assert (source / "bundle.json").read_text() == "2"
        assert held[1].run_id == runs["a"].info.run_id


@pytest.mark.slow
def test_a_server_that_is_not_there_never_gets_in_the_way(tmp_path):
    printed = track(tmp_path / "outputs", "http://127.0.0.1:9").splitlines()
    assert len(printed) == 4
    assert all(line.startswith("WARNING tracking stopped, the run goes on: ") for line in printed)
