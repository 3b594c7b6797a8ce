"""Laws of targets: a label knows the future that it says, and no other."""

from dataclasses import replace

import numpy as np

from components.contracts import Target
from components.contracts.metric import KINDS
from components.expressions import fields_of, parse, reach
from components.panel import Panel
from runner.compute.target import Labels, compute_labels
from runner.testing.data import RESOURCES, panel, same
from runner.testing.law import law, require

CUT = 110


def _labels(target: Target, whole: Panel) -> Labels:
    return compute_labels(whole, expressions=target.columns(), resources=RESOURCES)


def _panel(target: Target) -> Panel:
    fields = {field for text in target.columns().values() for field in fields_of(parse(text))}
    longest = max(reach(parse(text)).lookahead_bars for text in target.columns().values())
    return panel(also=tuple(sorted(fields)), bars=CUT + 40 + longest, symbols=4)


@law
def looks_ahead(target: Target) -> None:
    """It looks forward: a quantity that is known already needs no forecast."""
    for name, text in target.columns().items():
        require(reach(parse(text)).lookahead_bars > 0, f"{name} looks no bar ahead")
    require(
        next(iter(target.columns().values())) == target.text(),
        "the first of columns() is not text(), which is decided on",
    )
    require(target.kind in KINDS, f"its kind {target.kind} is none of {', '.join(KINDS)}")


@law
def outcomes(target: Target) -> None:
    """Labels vary, and those of a direction are 0 or 1: a loss and a gate read them by the kind."""
    labels = _labels(target, _panel(target))
    known = labels.y_R[np.isfinite(labels.y_R)]
    require(len(known) and np.ptp(known) > 0, "its labels do not vary")
    if target.kind == "direction":
        require(set(np.unique(known)) <= {0.0, 1.0}, "labels of a direction are not 0 or 1")


@law
def label_end(target: Target) -> None:
    """Bars after label_end change no label: purging cuts rows by it, and would cut too few."""
    whole = _panel(target)
    labels = _labels(target, whole)
    start = whole.dates_T[CUT]
    rng = np.random.default_rng(0)
    later_R = whole.timestamps_R >= start
    shocked = {
        name: np.where(later_R, values_R * rng.lognormal(0.5, 0.5, whole.n_rows), values_R)
        for name, values_R in whole.fields.items()
    }
    other = _labels(target, replace(whole, fields=shocked))
    done_R = labels.label_end_R < start
    require(done_R.any(), "no label is ever known")
    require(same(labels.y_RK[done_R], other.y_RK[done_R]), "a label changes with bars after its label_end")


@law
def own_future(target: Target) -> None:
    """A label says something of bars after its own: those up to its own alone do not decide it."""
    whole = _panel(target)
    labels = _labels(target, whole)
    later = replace(
        whole,
        fields={
            name: np.where(
                whole.timestamps_R > whole.dates_T[CUT], values_R * (1 + 0.1 * np.arange(whole.n_rows) % 7), values_R
            )
            for name, values_R in whole.fields.items()
        },
    )
    now_R = (whole.timestamps_R <= whole.dates_T[CUT]) & (labels.label_end_R > whole.dates_T[CUT])
    if not now_R.any():
        return
    moved = ~(labels.y_RK[now_R] == _labels(target, later).y_RK[now_R])
    require(moved.any(), "no later bar changes a label that ends later")
