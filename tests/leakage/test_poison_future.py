"""Changing bars after a time changes nothing that was decided before it, whatever the shipped choices."""

from dataclasses import replace

import numpy as np
import pytest

from components.expressions import evaluate, to_text
from components.panel import Panel
from harness import resources
from runner.composition.configure import configure
from runner.compute.decisions import decide_weights
from runner.compute.features import FeatureTable, input_expressions
from runner.compute.fit_fold import walk_forward
from runner.compute.folds import make_folds
from runner.compute.forecast import Forecasts
from runner.compute.samples import Design
from runner.compute.target import compute_labels, parsed_target
from runner.compute.vault import visible_bars

EXPERIMENTS = ("sp500_volatility", "sp500_direction", "us20_momentum")


def poisoned(panel: Panel, after: np.datetime64) -> Panel:
    """The same bars up to a time, wild ones after it (still positive, high above low)."""
    later = panel.timestamps_R >= after
    factor = np.where(later, np.exp(np.random.default_rng(0).normal(0, 0.3, panel.n_rows)), 1.0)
    return replace(panel, fields={name: values * factor for name, values in panel.fields.items()})


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("window", ["expanding", pytest.param("rolling", marks=pytest.mark.slow)])
def test_forecasts_and_weights_of_earlier_folds_do_not_move(name: str, window: str) -> None:
    experiment, _ = configure(
        [
            f"+experiment={name}",
            "model=ridge" if name != "sp500_direction" else "model=lightgbm",
            "split.n_folds=3",
            f"split.window={window}",
        ]
    )
    bars, _ = experiment.quality.inspect(visible_bars(experiment.data, experiment.split)[0])
    columns = input_expressions(experiment.features, experiment.target)
    texts = {name: to_text(node) for name, node in parsed_target(experiment.target).items()}

    def forecast(panel: Panel) -> tuple[Forecasts, np.ndarray, np.ndarray, tuple]:
        values_FR = evaluate(columns, panel, threads=2)
        table = FeatureTable(names=tuple(columns), values_FR=values_FR)
        labels = compute_labels(panel, expressions=texts, resources=resources(2))
        preprocess = experiment.preprocess
        folds = make_folds(experiment.split, preprocess, table, labels, panel, experiment.debug, columns)
        design = Design(preprocess=preprocess, table=table, labels=labels, panel=panel)
        found, _ = walk_forward(experiment.model, experiment.loss, folds, design, seed=0, resources=resources(2))
        decided = decide_weights(
            panel, found, folds, labels, portfolio=experiment.portfolio, constraints=experiment.constraints
        )
        return found, decided.decided_D, decided.weights_DS, folds

    clean, decided_D, weights_DS, folds = forecast(bars)
    cut = folds[1].span.test[0][1]
    dirty, decided_again_D, weights_again_DS, _ = forecast(poisoned(bars, cut))

    early = clean.fold_M <= 2
    np.testing.assert_array_equal(clean.row_M, dirty.row_M)
    np.testing.assert_array_equal(clean.forecast_M[early], dirty.forecast_M[early])
    np.testing.assert_array_equal(decided_D, decided_again_D)
    before = decided_D < cut
    np.testing.assert_array_equal(weights_DS[before], weights_again_DS[before])
    assert (clean.forecast_M[~early] != dirty.forecast_M[~early]).any()
