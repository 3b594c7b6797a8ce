"""What a model is compared with: baselines fitted in the same folds, on features of their own where they bring some.

Shape legend: R panel rows, M forecast rows, O outputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from components.contracts import NO_PREPROCESSING, Features, Model, Preprocessor
from components.errors import DataError
from components.expressions import parse, to_text
from components.panel import Panel
from components.values import Fold
from runner.compute.features import FeatureTable, feature_table, input_expressions
from runner.compute.forecast import Forecasts
from runner.compute.forms import FOLDS
from runner.compute.prepared import Prepared
from runner.compute.purge import candidates, fold_of
from runner.compute.stage import Cache
from runner.compute.target import Labels
from runner.compute.walk import Walked, walk
from runner.specification.experiment import Experiment


def rival(experiment: Experiment, name: str, prepared: Prepared, cache: Cache) -> Walked:
    """A baseline reads features as they are, the experiment's or its own, so that it stays the yardstick that its name
    says, whatever the model is given; only holes are filled as for the model, since both forecast the same rows."""
    preprocess, baseline = experiment.preprocess.filling() or NO_PREPROCESSING, experiment.baselines[name]
    own = baseline.on_own_features()
    if own is None:
        return walk(experiment, baseline, preprocess, prepared, cache, part=name)
    brought = _with_own_features(experiment, name, own, preprocess, prepared, cache)
    walked = walk(experiment, own[1], preprocess, brought, cache, part=name)
    rows = {"own": walked.joined, "folds": prepared.divided}
    return replace(walked, joined=cache.stage(on_rows_of, inputs=rows, form=None, part=name))


def _with_own_features(
    experiment: Experiment,
    name: str,
    own: tuple[Features, Model],
    preprocess: Preprocessor,
    prepared: Prepared,
    cache: Cache,
) -> Prepared:
    """The same bars, labels and spans with the baseline's columns and its own train rows."""
    features, model = own
    columns = input_expressions(features, experiment.target, where=f"baselines.{name}.features")
    source, resources = experiment.data.facts().identity, experiment.resources
    tabled = feature_table(prepared.bars, columns, source=source, resources=resources, cache=cache, part=name)
    divided = cache.stage(
        own_folds,
        inputs={
            "panel": prepared.bars,
            "table": tabled,
            "labels": prepared.labelled,
            "folds": prepared.divided,
        },
        settings={
            "preprocess": preprocess,
            "expressions": {column: to_text(node) for column, node in columns.items()},
            "lookback_rows": model.lookback_rows,
            "baseline": name,
        },
        form=FOLDS,
        part=name,
    )
    return replace(prepared, columns=columns, tabled=tabled, divided=divided)


def rows_without_features(rivals: Mapping[str, Walked], prepared: Prepared) -> tuple[str, ...]:
    """A sentence on each baseline that lacks features of its own at rows that are judged, with their number."""
    said = []
    judged = sum(len(fold.test_rows) for fold in prepared.folds)
    for name, each in rivals.items():
        lacking = judged - sum(len(fold.test_rows) for fold in each.divided.value)
        if lacking:
            said.append(
                f"baselines.{name}: has no features at {lacking:,} of {judged:,} test rows, where it forecasts the "
                "mean label of its train rows."
            )
    return tuple(said)


def own_folds(
    panel: Panel,
    table: FeatureTable,
    labels: Labels,
    folds: Sequence[Fold],
    *,
    preprocess: Preprocessor,
    expressions: Mapping[str, str],
    lookback_rows: int,
    baseline: str,
) -> tuple[Fold, ...]:
    """The folds of a baseline with features of its own: it trains on its own rows of the same spans, and validates and
    tests on those rows of the model that have its features. Raises DataError where it has none to train on or to test.
    """
    nodes = {name: parse(text) for name, text in expressions.items()}
    rows = candidates(preprocess, table, labels, panel, nodes, lookback_rows)
    found = []
    for fold in folds:
        own = fold_of(fold.number, fold.span, rows)
        kept_N = np.isin(fold.test_rows, own.test_rows)
        if len(own.train_rows) == 0 or not kept_N.any():
            part = "train" if len(own.train_rows) == 0 else "test"
            raise DataError(
                f"baselines.{baseline}: fold {fold.number} has no {part} row with all of its features "
                f"({', '.join(table.features)}); shorten their windows, give more bars or leave the baseline out"
            )
        mine = replace(
            own,
            valid_rows=fold.valid_rows[np.isin(fold.valid_rows, own.valid_rows)],
            test_rows=fold.test_rows[kept_N],
            test_path_N=fold.test_path_N[kept_N],
        )
        found.append(mine)
    return tuple(found)


def on_rows_of(own: Forecasts, folds: Sequence[Fold]) -> Forecasts:
    """A baseline's forecasts on all rows of the model's folds; where it has no features, the mean label of its train
    rows."""
    columns = own.values_MO.shape[1]
    rows, paths, values = [], [], []
    for fold in folds:
        parts = (
            (False, fold.valid_rows, np.zeros(len(fold.valid_rows), dtype=np.int64)),
            (True, fold.test_rows, fold.test_path_N),
        )
        for is_test, part, path_N in parts:
            mine_M = (own.fold_M == fold.number) & (own.is_test_M == is_test)
            found_NO = np.full((len(part), columns), own.train_mean_K[fold.number - 1])
            found_NO[np.searchsorted(part, own.row_M[mine_M])] = own.values_MO[mine_M]
            rows.append((fold.number, part))
            paths.append(path_N)
            values.append(found_NO)
    path_M = np.concatenate(paths)
    return replace(
        own,
        row_M=np.concatenate([part for _, part in rows]),
        fold_M=np.concatenate([np.full(len(part), number) for number, part in rows]),
        is_test_M=path_M > 0,
        path_M=path_M,
        values_MO=np.concatenate(values),
    )
