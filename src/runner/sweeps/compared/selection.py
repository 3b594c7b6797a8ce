"""What the choice by validation cost on the test spans, and whether ranks last from fold to fold, in plain values."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.statistics.selection import (
    Agreement,
    Lasting,
    Regret,
    kendall,
    lasting_regret,
    regret_over_folds,
    selection_regret,
    spearman,
)
from components.values import Float
from runner.report import notation
from runner.sweeps.compared.entries import Compared, Entry

DRAWS = 2000
SEED = 0
BINS = 24
FEW = 5
"""Trials below which a rank says little."""
ROUNDING = 1e-12
"""Below which a difference of scores is none."""
FEWEST, FEW_FOLDS = 3, 2
"""Trials and folds below which there are no ranks to compare."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Of the finished trials that have both, the objective and the same figure on the test spans; more is better: both
    are turned round where less is. valid_KF, test_KF: on the folds that all of them have both on; empty where there
    are none."""

    entries: tuple[Entry, ...]
    valid_K: Float
    test_K: Float
    folds: tuple[int, ...]
    valid_KF: Float
    test_KF: Float


def test_name(objective: str) -> str:
    """The figure on the test spans that a figure on the validation spans stands for."""
    return f"test/{objective.partition('/')[2]}"


def scores_of(compared: Compared) -> Scores:
    """By the first objective."""
    objective, direction = compared.objectives[0], compared.directions[0]
    test = test_name(objective)
    having = tuple(entry for entry in compared.finished if math.isfinite(entry.value(test)))
    by_fold = [(entry.by_fold(objective), entry.by_fold(test)) for entry in having]
    folds = sorted(set.intersection(*({*valid} & {*held} for valid, held in by_fold))) if having else []
    valid_KF, test_KF = (
        direction
        * np.array([[pair[side][fold] for fold in folds] for pair in by_fold]).reshape(len(having), len(folds))
        for side in (0, 1)
    )
    return Scores(
        entries=having,
        valid_K=direction * np.array([entry.value(objective) for entry in having]),
        test_K=direction * np.array([entry.value(test) for entry in having]),
        folds=tuple(folds),
        valid_KF=valid_KF,
        test_KF=test_KF,
    )


def regret_of(compared: Compared, scores: Scores) -> dict[str, Any] | None:
    """None where there is nothing to choose between, or the chosen trial's test figures are not known."""
    if len(scores.entries) < 2 or compared.chosen not in scores.entries:
        return None
    found = selection_regret(scores.valid_K, scores.test_K, n_draws=DRAWS, seed=SEED)
    over_folds = regret_over_folds(scores.valid_KF, scores.test_KF, n_draws=DRAWS, seed=SEED)
    lasting = lasting_regret(scores.test_KF, found.chosen, seed=SEED)
    metric = compared.objectives[0].partition("/")[2]
    return {
        "objective": compared.objectives[0],
        "test": test_name(compared.objectives[0]),
        "trials": len(scores.entries),
        "chosen": scores.entries[found.chosen].name,
        "best": scores.entries[found.best].name,
        "chosen_test": scores.entries[found.chosen].value(test_name(compared.objectives[0])),
        "best_test": scores.entries[found.best].value(test_name(compared.objectives[0])),
        "lost": found.lost,
        "blind": found.blind,
        "as_good": found.as_good,
        "halves": _spread(found.half_B),
        "halves_blind": _spread(found.half_blind_B),
        "folds": _spread(over_folds),
        "lasting": {"lost": lasting.lost, "share": lasting.share, "halvings": lasting.halvings},
        "bins": _bins({"halves": found.half_B, "blind": found.half_blind_B, "folds": over_folds}),
        "says": _says(metric, found, over_folds, lasting, len(scores.entries)),
    }


def _spread(drawn_B: Float) -> dict[str, float] | None:
    if not len(drawn_B):
        return None
    low, middle, high = np.quantile(drawn_B, [0.05, 0.5, 0.95])
    return {"mean": float(drawn_B.mean()), "low": float(low), "median": float(middle), "high": float(high)}


def _bins(drawn: dict[str, Float]) -> dict[str, Any]:
    """edges, and of each how many draws lie between them."""
    known = [each for each in drawn.values() if len(each)]
    top = max((float(each.max()) for each in known), default=0.0)
    edges = np.linspace(0.0, top, BINS + 1) if top > 0 else np.array([0.0, 1.0])
    counts = {name: np.histogram(each, edges)[0].tolist() for name, each in drawn.items() if len(each)}
    return {"edges": edges.tolist(), "counts": counts}


def _says(metric: str, found: Regret, over_folds: Float, lasting: Lasting, k: int) -> list[str]:
    known = notation.describe(metric)

    def write(value: float) -> str:
        value = 0.0 if abs(value) < ROUNDING else value
        text = notation.write(value, known.style)
        return text if text.strip("-0. %x") or value == 0 else f"{value:.1g}"  # little is not nothing

    label = f"{known.label} on the test spans"
    if found.lost == 0:
        said = [f"The trial that validation chooses is also the best of {k:,} by {label}: nothing was lost."]
    else:
        said = [
            f"The trial that validation chooses is {write(found.lost)} worse by {label} than the best of {k:,}; a "
            f"trial drawn by lot would be {write(found.blind)} worse on average."
        ]
    said.append(
        f"{100 * found.as_good:.0f} % of the trials do at least as well there as the chosen one, itself included."
    )
    if len(found.half_B):
        low, high = np.quantile(found.half_B, [0.05, 0.95])
        said.append(
            f"Had only half of the trials been made, the choice would have lost {write(float(found.half_B.mean()))} on "
            f"average (nine in ten: {write(float(low))} to {write(float(high))}), one by lot "
            f"{write(float(found.half_blind_B.mean()))}."
        )
    if len(over_folds):
        low, high = np.quantile(over_folds, [0.05, 0.95])
        said.append(
            f"With other folds of the kind, both chosen anew: {write(float(over_folds.mean()))} on average (nine in "
            f"ten: {write(float(low))} to {write(float(high))}), by means of folds."
        )
    if lasting.halvings:
        said.append(_lasting_says(lasting, write(lasting.lost)))
    if k < FEW:
        said.append(f"{k} trials are too few to tell a good choice from a lucky one.")
    return said


def _lasting_says(lasting: Lasting, lost: str) -> str:
    ways = f"on average over {lasting.halvings:,} ways to halve them"
    known = "Luck taken off: the trial that is best on one half of the test folds"
    if lasting.lost <= 0:
        return (
            f"{known} is no better than the chosen one on the other half ({lost} {ways}): nothing was lost that could "
            "have been had."
        )
    return (
        f"{known} is {lost} better than the chosen one on the other half, {ways}, and better at all in "
        f"{100 * lasting.share:.0f} % of them."
    )


def stability_of(scores: Scores) -> dict[str, Any] | None:
    """Agreement of the ranks of trials between folds; None below two folds or three trials."""
    if len(scores.folds) < FEW_FOLDS or len(scores.entries) < FEWEST:
        return None
    spans = {"valid": scores.valid_KF, "test": scores.test_KF}
    found = {span: {"kendall": kendall(each), "spearman": spearman(each)} for span, each in spans.items()}
    across = kendall(np.column_stack([scores.valid_K, scores.test_K])).mean
    compared = found["test"]["kendall"].folds
    return {
        "folds": [scores.folds[place] for place in compared],
        **{span: {name: _plain(each) for name, each in by.items()} for span, by in found.items()},
        "valid_to_test": across,
        "pairs": {span: by["kendall"].pair_FF.tolist() for span, by in found.items()},
        "says": _stable_says(found["test"]["kendall"], across, len(scores.entries)),
    }


def _plain(agreement: Agreement) -> dict[str, float]:
    return {"mean": agreement.mean, "low": agreement.low, "high": agreement.high}


def _stable_says(test: Agreement, across: float, k: int) -> list[str]:
    said = []
    if math.isfinite(test.mean) and (k < FEW or not math.isfinite(test.low)):
        said.append(
            f"Kendall's tau is {test.mean:.2f} on average between {len(test.folds):,} test folds of {k:,} trials: too "
            "few to say whether ranks last."
        )
    elif math.isfinite(test.mean):
        interval = f" (95 %: {test.low:.2f} to {test.high:.2f})"
        how = "ranks last" if test.low > 0 else "ranks are not shown to last"
        said.append(f"From test fold to test fold {how}: Kendall's tau is {test.mean:.2f} on average{interval}.")
    if math.isfinite(across):
        said.append(f"Ranks on the validation spans and on the test spans agree with tau {across:.2f}.")
    return said


def front_of(compared: Compared) -> list[str]:
    """Names of the finished trials that no other one beats in every objective; none with a single objective."""
    if len(compared.objectives) < 2:
        return []
    entries = compared.finished
    scores_KO = np.array([[entry.value(name) for name in compared.objectives] for entry in entries])
    scores_KO = scores_KO.reshape(len(entries), -1) * np.array(compared.directions)
    return [entry.name for entry, own_O in zip(entries, scores_KO, strict=True) if not _beaten(own_O, scores_KO)]


def _beaten(own_O: Float, scores_KO: Float) -> bool:
    return bool(np.any((scores_KO >= own_O).all(axis=1) & (scores_KO > own_O).any(axis=1)))
