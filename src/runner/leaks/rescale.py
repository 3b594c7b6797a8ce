"""Prices times c, volumes by c, over the whole history of one symbol: what a split would do to adjusted data.

A forecast that moves has read the level of a price; where prices are adjusted for later splits or dividends,
that level contains the future.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from components.contracts import LAST_LABEL
from components.panel import Panel
from components.values import Fold, LeakFinding
from runner import stages
from runner.leaks.subject import Subject, column_names, feature_path, is_price, leak, moved, suspect
from runner.stages import FeatureTable

NAME = "rescale"
FACTOR = 4.0
"""A power of two: exact in binary, so that ratios of prices keep their bits."""

ROUGH = 1e-3
"""Standard deviations by which a value may move: log(volume + 1) is not quite free of scale."""


def rescale(subject: Subject, folds: tuple[Fold, ...]) -> Iterator[LeakFinding]:
    """Names the features that carry the level; a leak where forecasts follow a level that knows the future."""
    symbol = int(np.diff(subject.panel.offsets).argmax())
    panel = rescaled(subject.panel, symbol)
    table = replace(subject.prepared.table, values_FR=subject.table_of(panel))
    carried = tuple(_carried(subject, table))
    labels = stages.compute_labels(subject.prepared.label, panel, threads=subject.experiment.threads)
    free_target = not moved(subject.prepared.labels.y_R, labels.y_R, ROUGH).any()
    moving = [fold.number for fold in folds if _forecasts_move(subject, fold, table)] if carried else []
    adjustment = subject.experiment.data.facts().adjustment
    known_later = adjustment != "raw" and free_target and bool(moving)
    said = (
        f"with the prices of {subject.panel.symbols[symbol]} times {FACTOR:g} and its volumes by {FACTOR:g}, the "
        "feature moves"
    )
    for name in carried:
        if known_later:
            evidence = (
                f"{said}, and so do the forecasts of fold {moving[0]}: it carries the level of prices that are "
                f"adjusted for later {'splits and dividends' if adjustment == 'total' else 'splits'}"
            )
            yield leak(NAME, feature_path(name), evidence)
        else:
            follow = "so do forecasts" if moving else "no forecast does"
            yield suspect(NAME, feature_path(name), f"{said}, {follow}: it carries a level ({adjustment} prices)")
    if moving and not carried:
        where = f"model (forecasts of fold {moving[0]})"
        yield leak(NAME, where, f"forecasts move with the level: {column_names(carried)}")


def rescaled(panel: Panel, symbol: int) -> Panel:
    """The panel with one symbol in another unit: 1 share split into FACTOR parts, the other way round."""
    own_R = panel.symbol_codes_R == symbol
    fields = {}
    for name, values_R in panel.fields.items():
        factor = FACTOR if is_price(name) else 1 / FACTOR if _is_volume(name) else 1.0
        fields[name] = np.where(own_R, values_R * factor, values_R)
    return replace(panel, fields=fields)


def _is_volume(field: str) -> bool:
    return field == "volume" or field.endswith("_volume")


def _carried(subject: Subject, table: FeatureTable) -> Iterator[str]:
    for name, old_R, new_R in zip(table.names, subject.prepared.table.values_FR, table.values_FR, strict=True):
        if name != LAST_LABEL and moved(old_R, new_R, ROUGH).any():
            yield name


def _forecasts_move(subject: Subject, fold: Fold, table: FeatureTable) -> bool:
    preprocessor, model = subject.learnt(fold)
    inputs = subject.model.inputs(preprocessor.columns)
    old_N, new_N = (
        model.predict(design.prepared(fold.test_rows, inputs, preprocessor).X_NF)
        for design in (subject.design, subject.design_of(table))
    )
    return bool(moved(old_N, new_N, ROUGH).any())
