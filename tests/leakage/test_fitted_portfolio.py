"""A portfolio that is fitted on forecasts gets out-of-sample ones only: what a model remembers of its train rows earns
it nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from components.constraints.none import NoConstraints
from components.contracts import LAST_LABEL, LearnsFrom, Portfolio
from components.expressions import parse
from components.panel import Panel
from components.portfolio.kelly import Kelly
from components.preprocess.none import NoPreprocessing
from components.split.combinatorial_purged import CombinatorialPurged
from components.split.walk_forward import WalkForward
from components.values import Float, Output, Outputs, View
from runner.compute.calibrate import learning_rows
from runner.compute.decisions import decide_weights, deployed_portfolio
from runner.compute.features import FeatureTable
from runner.compute.fit_fold import FoldFit, joined
from runner.compute.folds import make_folds
from runner.compute.paths import on_path
from runner.compute.target import Labels
from runner.specification.debug import Debug

BARS, SYMBOLS = 900, 4
OUTPUTS = Outputs(columns=(Output(target="target", horizon_bars=1, statistic="mean"),))
WALK = WalkForward(n_folds=4, first_share=0.4, valid_share=0.12, times="ready", window="expanding", vault_start=None)


def noise(seed, split=WALK):
    """Panel, labels of one bar and folds of returns without any pattern."""
    rng, rows = np.random.default_rng(seed), BARS * SYMBOLS
    times = np.datetime64("2020-01-01", "us") + np.arange(BARS) * np.timedelta64(1, "D")
    ends = np.tile(np.append(times[1:], np.datetime64("NaT", "us")), SYMBOLS)
    labels = Labels.of(np.where(np.isnat(ends), np.nan, rng.normal(0.0, 0.01, rows)), ends, 1)
    panel = Panel(
        symbols=tuple("ABCD"),
        offsets=np.arange(SYMBOLS + 1) * BARS,
        timestamps_R=np.tile(times, SYMBOLS),
        fields={"close": np.ones(rows)},
    )
    table = FeatureTable(names=("a", LAST_LABEL), values_FR=np.ones((2, rows), dtype=np.float32))
    off = Debug(**Debug.examples()[0])
    folds = make_folds(split, NoPreprocessing(), table, labels, panel, off, {"a": parse("close")})
    return panel, labels, folds


def remembered(folds, labels, seed):
    """Forecasts of a model that knows the label of every train row by heart, and of other rows nothing."""
    rng, fits = np.random.default_rng(seed + 1000), []
    for fold in folds:
        known_R = np.where(np.isfinite(labels.y_R), rng.normal(0.0, 0.01, len(labels.y_R)), 0.0)
        known_R[fold.train_rows] = labels.y_R[fold.train_rows]
        values = {"valid_NO": known_R[fold.valid_rows][:, None], "test_NO": known_R[fold.test_rows][:, None]}
        fits.append(FoldFit(learnt={}, model={}, outputs=OUTPUTS, train_mean=0.0, **values))
    return joined(folds, fits)


def kelly(source):
    return Kelly(share=0.5, standard_errors=2.0, max_scale=1.0, source=source, scale=None)


def scales(decided):
    return [settings["scale"] for settings in decided.portfolios.values()]


@pytest.mark.parametrize("source", ["valid", "previous_tests"])
def test_a_model_that_remembers_gives_a_fitted_portfolio_nothing_to_earn(source):
    found, insample = [], []
    for seed in range(12):
        panel, labels, folds = noise(seed)
        forecasts = remembered(folds, labels, seed)
        given = (panel, forecasts, folds, labels)
        found += scales(decide_weights(*given, portfolio=kelly(source), constraints=NoConstraints()))
        rows = folds[-1].train_rows
        seen = View(
            decided_D=panel.dates_T,
            symbols=panel.symbols,
            values_DSO=np.full((BARS, SYMBOLS, 1), np.nan),
            outputs=OUTPUTS,
            bars_per_year=365.0,
        )
        seen.values_DSO[panel.date_codes_R[rows], panel.symbol_codes_R[rows], 0] = labels.y_R[rows]
        insample.append(kelly(source).fit(seen, seen.forecast_DS).scale)
    assert insample == [1.0] * 12  # what it would have learnt from the forecasts of train rows
    assert len(found) == 48
    assert np.mean(np.array(found) > 0) < 0.1


@pytest.mark.parametrize("source", ["valid", "previous_tests"])
def test_no_outcome_after_the_first_decision_of_a_fold_moves_what_it_learnt(source):
    panel, labels, folds = noise(3)
    forecasts = remembered(folds, labels, 3)
    plain = Kelly(share=0.5, standard_errors=0.0, max_scale=100.0, source=source, scale=None)
    settings: dict[str, Any] = {"portfolio": plain, "constraints": NoConstraints()}
    before = scales(decide_weights(panel, forecasts, folds, labels, **settings))
    for place, fold in enumerate(folds):
        late_R = ~(labels.label_end_R <= fold.span.test[0][0])
        y_RK = labels.y_RK.copy()
        y_RK[late_R] = 0.05
        after = scales(decide_weights(panel, forecasts, folds, replace(labels, y_RK=y_RK), **settings))
        assert after[: place + 1] == before[: place + 1]


def test_a_deployed_portfolio_learns_from_all_test_rows_with_a_label():
    panel, labels, folds = noise(5)
    forecasts = remembered(folds, labels, 5)
    plain = Kelly(share=1.0, standard_errors=0.0, max_scale=100.0, source="valid", scale=None)
    deployed = deployed_portfolio(plain, panel, forecasts, labels)
    tested = np.concatenate([fold.test_rows for fold in folds])
    unit_M = forecasts.forecast_M[forecasts.is_test_M]
    dates = panel.date_codes_R[tested]
    gross_T, earned_T = np.zeros(BARS), np.zeros(BARS)
    np.add.at(gross_T, dates, np.abs(unit_M))
    np.add.at(earned_T, dates, np.nan_to_num(unit_M * labels.y_R[tested]))
    known = np.unique(dates[np.isfinite(labels.y_R[tested])])
    earned = earned_T[known] / gross_T[known]
    assert deployed.scale == pytest.approx(max(0.0, earned.mean() / np.mean(earned**2)))
    fixed = replace(plain, scale=0.3)
    assert deployed_portfolio(fixed, panel, forecasts, labels) is fixed


@dataclass(frozen=True, kw_only=True)
class Noting(Portfolio):
    """Learns which dates it was shown."""

    forecast_kind: ClassVar[tuple[str, ...]] = ("return",)
    days: tuple[str, ...] = ()

    def learns_from(self) -> LearnsFrom | None:
        return None if self.days else "previous_tests"

    def fit(self, view: View, outcome_DS: Float) -> "Noting":
        return Noting(days=tuple(str(day) for day in view.decided_D.astype("datetime64[D]")))

    def weights(self, view: View) -> Float:
        return np.zeros(view.forecast_DS.shape)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {"days": ("2020-01-01",)})


@pytest.mark.parametrize(
    "split", [WALK, CombinatorialPurged(n_groups=5, n_test_groups=2, valid_share=0.15, vault_start=None)]
)
def test_it_sees_what_a_calibration_would(split):
    panel, labels, folds = noise(7, split)
    forecasts = on_path(remembered(folds, labels, 7), 1)
    decided = decide_weights(panel, forecasts, folds, labels, portfolio=Noting(), constraints=NoConstraints())
    for number, settings in decided.portfolios.items():
        fold = folds[number - 1]
        known_M = learning_rows("previous_tests", forecasts, fold, folds, labels)
        rows = forecasts.row_M[known_M]
        days = np.unique(panel.timestamps_R[rows].astype("datetime64[D]"))
        assert list(settings["days"]) == [str(day) for day in days]
        for other in folds:
            assert not set(rows[forecasts.fold_M[known_M] == other.number]) & set(other.train_rows)
