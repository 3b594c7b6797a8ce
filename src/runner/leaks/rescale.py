"""Prices times c, volumes by c, over the whole history of one symbol: what a split would do to adjusted data.

A forecast that moves has read the level of a price; where prices are adjusted for later splits or dividends,
that level contains the future.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from components.panel import Panel
from components.values import Fold, LeakFinding
from runner.leaks.subject import Mask, Subject, feature_path, is_price, leak, moved, stretch, suspect

NAME = "rescale"
FACTOR = 4.0
"""A power of two: exact in binary, so that ratios of prices keep their bits."""

NEAR = 0.5
"""Share of the close, and its reciprocal, between which a field may be a price."""

ROUGH = 1e-3
"""Standard deviations by which a value may move: log(volume + 1) is not quite free of scale."""


def rescale(subject: Subject, folds: tuple[Fold, ...], *, dates: int | None = None) -> Iterator[LeakFinding]:
    """Names the features that carry the level; a leak where forecasts follow a level that knows the future.

    dates: how many of the last that a fold forecasts; None: all.
    """
    symbol = int(np.bincount(subject.panel.symbol_codes_R[folds[-1].test_rows]).argmax())
    carried: dict[str, None] = {}
    moving = None
    for fold in folds:
        names, follows = _of_fold(subject, fold, symbol, dates)
        carried |= dict.fromkeys(names)
        moving = fold.number if moving is None and follows else moving
    adjustment = subject.experiment.data.facts().adjustment
    known_later = adjustment != "raw" and moving is not None and _target_is_free(subject, symbol)
    said = (
        f"with the prices of {subject.panel.symbols[symbol]} times {FACTOR:g} and its volumes by {FACTOR:g}, the "
        "feature moves"
    )
    for name in carried:
        follow = "no forecast does" if moving is None else f"and so do the forecasts of fold {moving}"
        if known_later:
            splits = "splits and dividends" if adjustment == "total" else "splits"
            yield leak(NAME, feature_path(name), f"{said}, {follow}: it carries a level adjusted for later {splits}")
        else:
            yield suspect(NAME, feature_path(name), f"{said}, {follow}: it carries a level ({adjustment} prices)")


def _of_fold(subject: Subject, fold: Fold, symbol: int, dates: int | None) -> tuple[list[str], bool]:
    """Features that move on a fold's test rows, and whether the forecasts do."""
    panel, table = subject.panel, subject.prepared.table
    end = panel.timestamps_R[fold.test_rows].max() + np.timedelta64(1, "us")
    known = stretch(subject, end, dates)
    rows_K = np.intersect1d(known.rows_K, fold.test_rows)
    keep_R = (panel.timestamps_R >= known.begin) & (panel.timestamps_R < end)
    places_K, old_FR = np.cumsum(keep_R)[rows_K] - 1, table.values_FR[:, keep_R]
    bars = panel.take(keep_R)
    if panel.symbols[symbol] not in bars.symbols:
        return [], False
    # What is not warm yet is not compared.
    tables = [subject.table_of(version) for version in versions(bars, panel.symbols[symbol])]
    carried = [
        name
        for place, name in enumerate(table.features)
        if all(moved(old_FR[place, places_K], new_FR[place, places_K], ROUGH).any() for new_FR in tables)
    ]
    if not carried:
        return [], False
    preprocessor, model = subject.learnt(fold)
    inputs = subject.model.inputs(preprocessor.columns)
    decision = subject.decision
    old_K, *new = (
        model.predict(subject.design_on(keep_R, values_FR).prepared(places_K, inputs, preprocessor))[:, decision]
        for values_FR in (old_FR, *tables)
    )
    return carried, all(moved(old_K, new_K, ROUGH).any() for new_K in new)


def versions(panel: Panel, symbol: str) -> list[Panel]:
    """The panel with one symbol in another unit, as if each of its shares had been FACTOR: its prices and volumes,
    by their names. A field that lies around the close may be a price under another name: where there are such
    fields, a second version scales them, too, and only what moves in both is held against a feature."""
    own_R = panel.symbol_codes_R == panel.symbols.index(symbol)
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


def _target_is_free(subject: Subject, symbol: int) -> bool:
    """Whether the label stays: where it carries the level itself, forecasts must follow it."""
    panel = versions(subject.panel, subject.panel.symbols[symbol])[0]
    labels = subject.labels_on(panel)
    return not moved(subject.prepared.labels.y_R, labels.y_R, ROUGH).any()


def _is_volume(field: str) -> bool:
    return field == "volume" or field.endswith("_volume")
