"""Everything before the fit: panel -> features, target -> folds."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from components.contracts import Preprocessor, Quality, Source, Split
from components.expressions import Node, parse, reach, to_text
from components.panel import Panel
from components.values import Finding, Fold
from runner.compute.bars import Inspected, corner, inspect
from runner.compute.features import FeatureTable, feature_table, input_expressions
from runner.compute.folds import make_folds
from runner.compute.forms import FOLDS, INSPECTED, LABELS
from runner.compute.samples import Design
from runner.compute.stage import Cache, Given, Keyed, Stage, joint_key
from runner.compute.target import Labels, compute_labels, parsed_target
from runner.specification.debug import Debug
from runner.specification.described import described
from runner.specification.experiment import Experiment
from runner.storage.canonical import content_hash


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """Everything before the fit. findings: what the checks of the bars found; columns: expression of every
    column of the design matrix; targets: of everything that is forecast; vault_begins: from when on bars were kept
    aside; share_of_bars: what debug left of the visible ones; the rest: stages."""

    panel: Panel
    findings: tuple[Finding, ...]
    columns: Mapping[str, Node]
    targets: Mapping[str, Node]
    tabled: Keyed[FeatureTable]
    labelled: Keyed[Labels]
    divided: Keyed[tuple[Fold, ...]]
    vault_begins: np.datetime64 | None = None
    share_of_bars: float = 1.0

    def as_input(self) -> "Given[Prepared]":
        """All of it as one input of a stage."""
        return Given(key=joint_key(self.bars, self.tabled, self.labelled, self.divided), value=self)

    @property
    def bars(self) -> Given[Panel]:
        return Given(key=self.panel.fingerprint, value=self.panel)

    def design(self, experiment: Experiment) -> Design:
        """Where the experiment's model gets its samples."""
        return Design(
            preprocess=experiment.preprocess,
            table=self.table,
            labels=self.labels,
            panel=self.panel,
            lookback_rows=experiment.fitted_model.lookback_rows,
        )

    @property
    def table(self) -> FeatureTable:
        return self.tabled.value

    @property
    def labels(self) -> Labels:
        return self.labelled.value

    @property
    def folds(self) -> tuple[Fold, ...]:
        return self.divided.value

    @property
    def label(self) -> Node:
        """The target that is decided on."""
        return next(iter(self.targets.values()))


def prepare(experiment: Experiment, cache: Cache) -> Prepared:
    """panel (source, vault cut off, quality) -> features, target -> folds."""
    found = inspected(experiment.data, experiment.split, experiment.quality, cache).value
    left = with_claims(experiment, corner(found.panel, experiment.debug))
    prepared = prepare_bars(experiment, left, cache)
    share = left.n_rows / max(found.panel.n_rows, 1)
    return replace(prepared, findings=found.findings, vault_begins=found.vault_begins, share_of_bars=share)


def with_claims(experiment: Experiment, panel: Panel) -> Panel:
    """The bars with the forecasts made elsewhere as fields, where the experiment judges some."""
    if experiment.claims is None:
        return panel
    target = experiment.target
    label = next(iter(parsed_target(target).values()))
    horizon = getattr(target, "horizon_bars", reach(label).lookahead_bars)
    found = experiment.claims.claimed(panel, horizon_bars=horizon)
    return replace(panel, fields={**panel.fields, **found.fields}, notices=(*panel.notices, *found.notices))


def inspected(source: Source, split: Split, quality: Quality, cache: Cache) -> Stage[Inspected]:
    """The stage that reads and judges the bars, kept where the source can say what its content is."""
    content = source.content()
    return cache.stage(
        inspect,
        inputs={"content": None if content is None else Given(key=content, value=content)},
        settings={"source": source, "split": split, "quality": quality},
        form=None if content is None else INSPECTED,
        shown="panel",
    )


def prepare_bars(experiment: Experiment, panel: Panel, cache: Cache) -> Prepared:
    """The same from bars that are there already, of which nothing was found."""
    bars = Given(key=panel.fingerprint, value=panel)
    columns = input_expressions(experiment.inputs, experiment.target)
    targets = parsed_target(experiment.target)
    tabled = feature_table(
        bars, columns, source=experiment.data.facts().identity, resources=experiment.resources, cache=cache
    )
    labelled = cache.stage(
        compute_labels,
        inputs={"panel": bars},
        settings={
            "expressions": {name: to_text(node) for name, node in targets.items()},
            "resources": experiment.resources,
        },
        form=LABELS,
        shown="target",
    )
    divided = cache.stage(
        divide,
        inputs={"panel": bars, "table": tabled, "labels": labelled},
        settings={
            "split": experiment.split,
            "preprocess": experiment.preprocess,
            "debug": experiment.debug,
            "expressions": {name: to_text(node) for name, node in columns.items()},
            "lookback_rows": experiment.fitted_model.lookback_rows,
        },
        form=FOLDS,
        shown="folds",
    )
    return Prepared(
        panel=panel,
        findings=(),
        columns=columns,
        targets=targets,
        tabled=tabled,
        labelled=labelled,
        divided=divided,
    )


def divide(
    panel: Panel,
    table: FeatureTable,
    labels: Labels,
    *,
    split: Split,
    preprocess: Preprocessor,
    debug: Debug,
    expressions: Mapping[str, str],
    lookback_rows: int,
) -> tuple[Fold, ...]:
    """The folds, see `runner.compute.folds`; expressions: of every column of the table."""
    columns = {name: parse(text) for name, text in expressions.items()}
    return make_folds(split, preprocess, table, labels, panel, debug, columns, lookback_rows=lookback_rows)


def with_folds(prepared: Prepared, folds: tuple[Fold, ...]) -> Prepared:
    """The same with other folds."""
    return replace(prepared, divided=Given(key=folds_hash(folds), value=folds))


def folds_hash(folds: Sequence[Fold]) -> str:
    """Of their rows and all else that results depend on: the number seeds a fold's fit, the span its calibration."""
    return content_hash([_digest(fold) for fold in folds])


@lru_cache(maxsize=64)
def _digest(fold: Fold) -> str:
    """Of this very fold, which never changes."""
    digest = hashlib.sha256(content_hash([fold.number, described(fold.span)]).encode())
    for rows in (fold.train_rows, fold.valid_rows, fold.test_rows, fold.test_path_N):
        digest.update(len(rows).to_bytes(8, "little") + rows.astype("<i8").tobytes())
    return digest.hexdigest()
