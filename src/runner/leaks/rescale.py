"""Prices times c, volumes by c, over the whole history of one symbol: what a split would do to adjusted data.

A forecast that moves has read the level of a price; where prices are adjusted for later splits or dividends,
that level contains the future.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from components.panel import Panel
from components.values import Fold, LeakFinding
from runner import stages
from runner.leaks.subject import Mask, Subject, feature_path, is_price, leak, moved, suspect
from runner.stages import FeatureTable

NAME = "rescale"
FACTOR = 4.0
"""A power of two: exact in binary, so that ratios of prices keep their bits."""

NEAR = 0.5
"""Share of the close, and its reciprocal, between which a field may be a price."""

ROUGH = 1e-3
"""Standard deviations by which a value may move: log(volume + 1) is not quite free of scale."""


def rescale(subject: Subject, folds: tuple[Fold, ...]) -> Iterator[LeakFinding]:
    """Names the features that carry the level; a leak where forecasts follow a level that knows the future."""
    symbol = int(np.diff(subject.panel.offsets).argmax())
    panels = versions(subject.panel, symbol)
    tables = [replace(subject.prepared.table, values_FR=subject.table_of(panel)) for panel in panels]
    carried = [name for name in subject.prepared.table.features if _carries(subject, name, tables)]
    if not carried:
        return
    moving = next((fold.number for fold in folds if _forecasts_move(subject, fold, tables)), None)
    adjustment = subject.experiment.data.facts().adjustment
    known_later = adjustment != "raw" and moving is not None and _target_is_free(subject, panels[0])
    said = (
        f"with the prices of {subject.panel.symbols[symbol]} times {FACTOR:g} and its volumes by {FACTOR:g}, the "
        "feature moves"
    )
    for name in carried:
        if known_later:
            splits = "splits and dividends" if adjustment == "total" else "splits"
            follow = (
                f", and so do the forecasts of fold {moving}: it carries a level that is adjusted for later {splits}"
            )
            yield leak(NAME, feature_path(name), said + follow)
        else:
            follow = "no forecast does" if moving is None else f"and so do the forecasts of fold {moving}"
            yield suspect(NAME, feature_path(name), f"{said}, {follow}: it carries a level ({adjustment} prices)")


def versions(panel: Panel, symbol: int) -> list[Panel]:
    """The panel with one symbol in another unit, as if each of its shares had been FACTOR: its prices and volumes,
    by their names. A field that lies around the close may be a price under another name: where there are such
    fields, a second version scales them, too, and only what moves in both is held against a feature."""
    own_R = panel.symbol_codes_R == symbol
    named = {name: FACTOR for name in panel.fields if is_price(name)}
    named |= {name: 1 / FACTOR for name in panel.fields if _is_volume(name)}
    around = {name: FACTOR for name in panel.fields if name not in named and _around_close(panel, name, own_R)}
    return [_scaled(panel, own_R, factors) for factors in ((named, {**named, **around}) if around else (named,))]


def _scaled(panel: Panel, own_R: Mask, factors: Mapping[str, float]) -> Panel:
    scaled = {
        name: np.where(own_R, panel.fields[name] * factor, panel.fields[name]) for name, factor in factors.items()
    }
    return replace(panel, fields={**panel.fields, **scaled})


def _around_close(panel: Panel, name: str, own_R: Mask) -> bool:
    if "close" not in panel.fields:
        return False
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio_K = panel.fields[name][own_R] / panel.fields["close"][own_R]
    finite_K = ratio_K[np.isfinite(ratio_K)]
    return len(finite_K) > 0 and bool(NEAR < np.median(finite_K) < 1 / NEAR)


def _target_is_free(subject: Subject, panel: Panel) -> bool:
    """Whether the label stays: where it carries the level itself, forecasts must follow it."""
    labels = stages.compute_labels(subject.prepared.label, panel, threads=subject.experiment.threads)
    return not moved(subject.prepared.labels.y_R, labels.y_R, ROUGH).any()


def _is_volume(field: str) -> bool:
    return field == "volume" or field.endswith("_volume")


def _carries(subject: Subject, name: str, tables: Sequence[FeatureTable]) -> bool:
    place = subject.prepared.table.names.index(name)
    old_R = subject.prepared.table.values_FR[place]
    return all(moved(old_R, table.values_FR[place], ROUGH).any() for table in tables)


def _forecasts_move(subject: Subject, fold: Fold, tables: Sequence[FeatureTable]) -> bool:
    preprocessor, model = subject.learnt(fold)
    inputs = subject.model.inputs(preprocessor.columns)
    designs = (subject.design, *(subject.design_of(table) for table in tables))
    old_N, *new = (model.predict(design.prepared(fold.test_rows, inputs, preprocessor).X_NF) for design in designs)
    return all(moved(old_N, new_N, ROUGH).any() for new_N in new)
