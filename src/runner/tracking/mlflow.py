"""MLflow: parameters, figures, tables and files of runs, and promoted bundles in its model registry."""

import logging
import math
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from components.optional import installation
from runner.composition.composed import leaves
from runner.specification.tracker import Bundle, Cell, Record, Tracker, at_step

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

DATABASE = "mlflow.db"
FILES = "mlflow"
BUNDLE = "bundle"
VERSION_TAG = "bundle_version"
ID_TAG, EDITION_TAG = "assay_record", "assay_edition"
BATCH = 100
"""Of parameters and tags in a request; of metrics ten times as many."""
LONGEST, LONGEST_NAME = 6000, 250
"""Characters of a parameter's value, and of a name, that MLflow takes."""
LONGEST_TAG = 8000
STATES = {
    "finished": "FINISHED",
    "pruned": "FINISHED",
    "failed": "FAILED",
    "interrupted": "KILLED",
    "crashed": "KILLED",
}


@dataclass(frozen=True, kw_only=True)
class MLflow(Tracker):
    """Every run is a run of MLflow, those of a sweep share the tag `group`; a promoted bundle becomes a version of a
    registered model.

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

    def waits(self) -> bool:
        return self.uri is not None

    def tell(self, record: Record, outputs: Path) -> None:
        """Writes the run under its id, over what there is of it: the same figures at the same steps are one."""
        with _silence():
            client = _client(self, outputs)
            run_id = self._begun(client, record, outputs)
            if run_id is None:
                return
            _log(client, run_id, record)
            for bundle in record.bundles:
                _log_bundle(client, run_id, bundle, register=self.registry)
            client.set_tag(run_id, EDITION_TAG, record.edition)
            client.set_terminated(run_id, STATES[record.state], end_time=_milliseconds(record.ended or record.began))

    def _begun(self, client: "MlflowClient", record: Record, outputs: Path) -> str | None:
        """The run with this id, a new one where there is none; None where it is whole."""
        project = _project(client, self.project, None if self.uri else outputs)
        found = client.search_runs([project], filter_string=f"tags.{ID_TAG} = '{record.id}'")
        if found:
            run = found[0]
            return None if run.data.tags.get(EDITION_TAG) == record.edition else str(run.info.run_id)
        tags = {"experiment": record.kind, ID_TAG: record.id}
        made = client.create_run(project, _milliseconds(record.began), run_name=record.name, tags=tags)
        return str(made.info.run_id)


def _project(client: "MlflowClient", name: str, outputs: Path | None) -> str:
    """The id of the experiment of this name; where others create it at the same time, theirs."""
    from mlflow.exceptions import MlflowException

    place = None if outputs is None else (outputs.absolute() / FILES).as_uri()
    known = client.get_experiment_by_name(name)
    if known is None:
        try:
            return str(client.create_experiment(name, place))
        except MlflowException:
            known = client.get_experiment_by_name(name)
            if known is None:
                raise
    return str(known.experiment_id)


def _log(client: "MlflowClient", run_id: str, record: Record) -> None:
    from mlflow.entities import Param, RunTag

    names = _Names()
    params = [Param(names.of(keys), str(value)[:LONGEST]) for keys, value in leaves(dict(record.config))]
    words = {name: str(value)[:LONGEST_TAG] for name, value in record.summary.items() if not _is_figure(value)}
    words |= {"group": record.group} if record.group else {}
    words |= {f"tag.{tag}": "true" for tag in record.tags}
    names = _Names()
    tags = [RunTag(names.of([name]), value) for name, value in words.items()]
    metrics = list(_metrics(record))
    for start in range(0, max(len(params), len(tags)), BATCH):
        client.log_batch(run_id, params=params[start : start + BATCH], tags=tags[start : start + BATCH])
    for start in range(0, len(metrics), 10 * BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + 10 * BATCH])
    for name, table in record.tables.items():
        content = {"columns": list(table.columns), "data": [list(row) for row in table.rows]}
        client.log_dict(run_id, content, f"tables/{name}.json")
    for path in record.images.values():
        client.log_artifact(run_id, str(path), "figures")
    for path in record.files.values():
        client.log_artifact(run_id, str(path))


def _metrics(record: Record) -> Iterator["Metric"]:
    """Figures of the summary, and of the history at their steps, all at the time of the end."""
    from mlflow.entities import Metric

    at, names = _milliseconds(record.ended or record.began), _Names()
    for name, value in record.summary.items():
        if _is_figure(value):
            yield Metric(names.of([name]), float(value or 0), at, 0)
    for step, rows in record.history.items():
        known = {name: names.of([at_step(step, name)]) for name in dict.fromkeys(name for row in rows for name in row)}
        for row in rows:
            number = int(row[step] or 0)
            figures = {name: value for name, value in row.items() if name != step and _is_figure(value)}
            yield from (Metric(known[name], float(value or 0), at, number) for name, value in figures.items())


def _is_figure(value: Cell) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


class _Names:
    """Names in the characters that MLflow takes; two that would become the same stay apart by a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, keys: Sequence[Any]) -> str:
        plain = re.sub(r"[^\w\-. :/]", "_", ".".join(map(str, keys)), flags=re.ASCII)[:LONGEST_NAME].strip("/")
        name, count = plain, 1
        while name in self._taken:
            count += 1
            name = f"{plain[: LONGEST_NAME - 6]}_{count}"
        self._taken.add(name)
        return name


def _log_bundle(client: "MlflowClient", run_id: str, bundle: Bundle, *, register: bool) -> None:
    """The bundle as files of the run and, once, as a version of the model; its aliases are where ours are."""
    name, version = bundle.name, bundle.version
    held: list[Any] = []
    if register:
        known = {model.name for model in client.search_registered_models(f"name = '{name}'")}
        if name not in known:
            client.create_registered_model(name)
        held = [v for v in client.search_model_versions(f"name = '{name}'") if v.tags.get(VERSION_TAG) == version]
    if not held:
        place = f"{BUNDLE}/{version}"
        client.log_artifacts(run_id, str(bundle.folder), place)
        if not register:
            return
        source = f"{client.get_run(run_id).info.artifact_uri}/{place}"
        held = [client.create_model_version(name, source, run_id, tags={VERSION_TAG: version})]
    number = str(held[0].version)
    for alias, there in client.get_registered_model(name).aliases.items():
        if str(there) == number and alias not in bundle.aliases:
            client.delete_registered_model_alias(name, alias)
    for alias in bundle.aliases:
        client.set_registered_model_alias(name, alias, number)


def _milliseconds(time: str | None) -> int:
    return round(1000 * datetime.fromisoformat(time).timestamp()) if time else 0


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
