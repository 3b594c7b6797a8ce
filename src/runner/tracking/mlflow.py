"""MLflow: parameters, figures and files of runs, and promoted bundles in its model registry."""

import logging
import math
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from components.optional import installation
from runner.composition.composed import leaves
from runner.specification.tracker import RunInfo, Session, State, Tracker

if TYPE_CHECKING:
    from mlflow import MlflowClient

DATABASE = "mlflow.db"
FILES = "mlflow"
BUNDLE = "bundle"
VERSION_TAG = "bundle_version"
BATCH = 100
LONGEST = 6000
"""Characters of a parameter's value that MLflow takes."""
STATES = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}


@dataclass(frozen=True, kw_only=True)
class MLflow(Tracker):
    """Logs a run to MLflow when it ends; a promoted bundle becomes a version of a registered model.

    uri      of the tracking server; null: an SQLite file under outputs/, files beside it, no server needed
    project  name of the MLflow experiment
    registry  whether promoted bundles enter the model registry, with their aliases
    """

    uri: str | None
    project: str
    registry: bool

    optional: ClassVar[tuple[str, ...]] = ("mlflow-skinny", "alembic")

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"uri": None, "project": "assay", "registry": True},
            {"uri": "http://localhost:5000", "project": "volatility", "registry": False},
        )

    def start(self, run: RunInfo) -> Session:
        return _MLflowSession(self, run)


@dataclass
class _MLflowSession(Session):
    tracker: MLflow
    run: RunInfo
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    level: str | None = None
    files: list[Path] = field(default_factory=list[Path])
    bundle: tuple[Path, tuple[str, ...]] | None = None
    head: str | None = None

    def log_metrics(self, metrics: Mapping[str, float | None]) -> None:
        self.metrics |= {k: v for k, v in metrics.items() if v is not None and math.isfinite(v)}

    def log_level(self, level: str) -> None:
        self.level = level

    def log_files(self, paths: Sequence[Path]) -> None:
        self.files += paths

    def log_bundle(self, folder: Path, aliases: Sequence[str]) -> None:
        self.bundle = folder, tuple(aliases)

    def log_head(self, head: str) -> None:
        self.head = head

    def finish(self, state: State) -> None:
        with _silence():
            client = _client(self.tracker, self.run.outputs)
            run_id = self._begin(client)
            try:
                self._log(client, run_id)
            except BaseException:
                client.set_terminated(run_id, STATES["failed"])
                raise
            client.set_terminated(run_id, STATES[state])

    def _begin(self, client: "MlflowClient") -> str:
        known = client.get_experiment_by_name(self.tracker.project)
        place = None if self.tracker.uri else (self.run.outputs.absolute() / FILES).as_uri()
        project = known.experiment_id if known else client.create_experiment(self.tracker.project, place)
        tags = {"experiment": self.run.experiment}
        run_id: str = client.create_run(project, run_name=self.run.name, tags=tags).info.run_id
        return run_id

    def _log(self, client: "MlflowClient", run_id: str) -> None:
        from mlflow.entities import Metric, Param

        entries = leaves(dict(self.run.config))
        params = [Param(_name(keys), str(value)[:LONGEST]) for keys, value in entries]
        metrics = [Metric(name, value, 0, 0) for name, value in self.metrics.items()]
        for start in range(0, len(params), BATCH):
            client.log_batch(run_id, params=params[start : start + BATCH])
        client.log_batch(run_id, metrics=metrics)
        if self.level is not None:
            client.set_tag(run_id, "level", self.level)
        if self.head is not None:
            client.set_tag(run_id, "ledger_head", self.head)
        for path in self.files:
            inside = path.relative_to(self.run.folder).parent.as_posix()
            client.log_artifact(run_id, str(path), None if inside == "." else inside)
        if self.bundle is not None:
            _register(client, run_id, *self.bundle, register=self.tracker.registry)


def _name(keys: Sequence[Any]) -> str:
    """The dotted path in the characters that MLflow takes."""
    return re.sub(r"[^\w\-. :/]", "_", ".".join(map(str, keys)), flags=re.ASCII)


def _register(client: "MlflowClient", run_id: str, folder: Path, aliases: tuple[str, ...], *, register: bool) -> None:
    """The bundle as files of the run and, once, as a version of the model; its aliases are where ours are."""
    name, version = folder.parent.name, folder.name
    client.log_artifacts(run_id, str(folder), BUNDLE)
    if not register:
        return
    known = {model.name for model in client.search_registered_models(f"name = '{name}'")}
    if name not in known:
        client.create_registered_model(name)
    held = [v for v in client.search_model_versions(f"name = '{name}'") if v.tags.get(VERSION_TAG) == version]
    if not held:
        source = f"{client.get_run(run_id).info.artifact_uri}/{BUNDLE}"
        held = [client.create_model_version(name, source, run_id, tags={VERSION_TAG: version})]
    there = client.get_registered_model(name).aliases
    for alias, number in there.items():
        if str(number) == str(held[0].version) and alias not in aliases:
            client.delete_registered_model_alias(name, alias)
    for alias in aliases:
        client.set_registered_model_alias(name, alias, held[0].version)


def _client(tracker: MLflow, outputs: Path) -> "MlflowClient":
    from mlflow import MlflowClient

    uri = tracker.uri or f"sqlite:///{(outputs.absolute() / DATABASE).as_posix()}"
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def _silence() -> Iterator[None]:
    """Without what MLflow says of its database and its libraries of themselves.

    Raises RuntimeError where MLflow is not installed.
    """
    # It reports usage to its makers from its import on, unless it is told not to.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import mlflow  # noqa: F401  # it sets its loggers up when it is imported
        except ImportError:
            raise RuntimeError(f"MLflow is not installed; {installation(MLflow.optional)}") from None
        chatty = [logging.getLogger(name) for name in ("mlflow", "alembic")]
        before = [logger.level for logger in chatty]
        for logger in chatty:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(chatty, before, strict=True):
                logger.setLevel(level)
