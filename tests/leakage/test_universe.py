"""A symbol counts while it belongs to the universe, and is warm on its first day."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from components.constraints.none import NoConstraints
from components.contracts import Portfolio
from components.panel import Panel
from components.values import Float, Output, Outputs, View
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.decisions import decide_weights
from runner.compute.forecast import Forecasts
from runner.compute.pipeline import Executed, Prepared
from runner.console import Console
from runner.specification.experiment import Experiment
from runner.specification.places import Places

JOINS, LEAVES = np.datetime64("2012-03-05"), np.datetime64("2015-04-22")
RUN = [
    "+experiment=us20_momentum",
    "data=joined",
    "data.main.dataset=us20",
    "model=ridge",
    "split.vault_start=2018-01-01",
    "split.n_folds=4",
]


def universe(panel: Panel) -> str:
    always = [f"{symbol},1990-01-01," for symbol in panel.symbols if symbol not in ("AAPL", "PFE")]
    return "\n".join(["symbol,start,end", f"AAPL,{JOINS},", f"PFE,1990-01-01,{LEAVES}", *always, ""])


def executed(folder: Path, *overrides: str) -> tuple[Experiment, Prepared, Executed]:
    cache = pipeline.open_cache(Places(outputs=folder), Console(io.StringIO()))
    experiment, _ = configure([*RUN, *overrides])
    prepared = pipeline.prepare(experiment, cache)
    return experiment, prepared, pipeline.execute(experiment, prepared, cache)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Experiment, Prepared, Executed]:
    folder = tmp_path_factory.mktemp("universe")
    panel = configure(RUN)[0].data.load()
    (folder / "members.csv").write_text(universe(panel))
    return executed(folder, f"data.universe_file={folder / 'members.csv'}")


def rows_of(panel: Panel, symbol: str) -> slice:
    place = panel.symbols.index(symbol)
    return slice(*panel.offsets[place : place + 2])


def test_outsiders_are_neither_trained_on_nor_scored(run: tuple[Experiment, Prepared, Executed]) -> None:
    _, prepared, result = run
    panel, member_R = prepared.panel, prepared.panel.in_universe_R
    assert (~member_R).sum() > 4000
    for fold in prepared.folds:
        for rows in (fold.train_rows, fold.valid_rows, fold.test_rows):
            assert member_R[rows].all()
    rows = result.forecasts.row_M
    apple, pfizer = (rows[panel.symbol_codes_R[rows] == panel.symbols.index(s)] for s in ("AAPL", "PFE"))
    assert panel.timestamps_R[apple].min() >= JOINS
    assert panel.timestamps_R[pfizer].max() < LEAVES


def test_a_newcomer_has_warm_features_on_its_first_day(run: tuple[Experiment, Prepared, Executed]) -> None:
    _, prepared, result = run
    panel = prepared.panel
    block = rows_of(panel, "AAPL")
    first = block.start + int(np.searchsorted(panel.timestamps_R[block], JOINS))
    assert np.isfinite(prepared.table.values_FR[:, first]).all()
    used = np.concatenate([result.forecasts.row_M, *(fold.train_rows for fold in prepared.folds)])
    assert first in used
    assert first - 1 not in used


def test_ranks_compare_members_only(run: tuple[Experiment, Prepared, Executed]) -> None:
    _, prepared, _ = run
    panel = prepared.panel
    column = prepared.table.names.index("reversal_5")
    ratio_TS = panel.grid("close")
    ratio_TS = np.concatenate([np.full((5, ratio_TS.shape[1]), np.nan), ratio_TS[5:] / ratio_TS[:-5]])
    member_TS = panel.grid("in_universe") == 1
    for date in ("2010-01-04", "2014-01-02", "2017-01-03"):
        t = int(np.searchsorted(panel.dates_T, np.datetime64(date)))
        values_S = np.where(member_TS[t], ratio_TS[t], np.nan)
        order_S = np.array([(values_S <= value).sum() for value in values_S]) / np.isfinite(values_S).sum()
        found_S = prepared.table.values_FR[column][panel.date_codes_R == t]
        np.testing.assert_allclose(found_S[member_TS[t]], order_S[member_TS[t]], rtol=1e-6)
        assert np.isnan(found_S[~member_TS[t]]).all()


def test_who_leaves_is_sold_at_once_although_portfolios_are_held_for_20_days(
    run: tuple[Experiment, Prepared, Executed],
) -> None:
    experiment, prepared, result = run
    assert experiment.portfolio.lookback_bars == 20
    weights_D = result.weights_DS[:, prepared.panel.symbols.index("PFE")]
    left_D = result.decided_D >= LEAVES
    assert np.abs(weights_D[~left_D][-10:]).min() > 0.05
    assert not weights_D[left_D].any()
    held_D = result.backtest.holdings_TS[:, prepared.panel.symbols.index("PFE")]
    bars_T = result.backtest.equity["timestamp"].to_numpy()
    assert held_D[bars_T == LEAVES].all()
    assert not held_D[bars_T > LEAVES].any()


def test_labels_that_end_after_leaving_count(run: tuple[Experiment, Prepared, Executed]) -> None:
    _, prepared, _ = run
    panel, labels = prepared.panel, prepared.labels
    block = rows_of(panel, "PFE")
    last = block.start + int(np.searchsorted(panel.timestamps_R[block], LEAVES)) - 1
    assert np.isfinite(labels.y_R[last])
    assert labels.label_end_R[last] > LEAVES
    assert any(last in rows for fold in prepared.folds for rows in (fold.train_rows, fold.valid_rows, fold.test_rows))


@dataclass(frozen=True, kw_only=True)
class Follow(Portfolio):
    """Holds what is forecast."""

    forecast_kind: ClassVar[tuple[str, ...]] = ("return",)

    def weights(self, view: View) -> Float:
        return np.nan_to_num(view.forecast_DS)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


def test_the_only_member_is_sold_when_it_leaves() -> None:
    times = np.datetime64("2020-01-01", "us") + np.arange(6) * np.timedelta64(1, "D")
    member_R = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    panel = Panel(
        symbols=("A",),
        offsets=np.array([0, 6]),
        timestamps_R=times,
        fields={"close": member_R, "in_universe": member_R},
    )
    forecasts = Forecasts(
        row_M=np.array([0, 1, 4]),
        fold_M=np.array([1, 1, 1]),
        is_test_M=np.array([False, True, True]),
        path_M=np.array([0, 1, 1]),
        values_MO=np.array([[0.1], [0.2], [0.3]]),
        outputs=Outputs(columns=(Output(target="target", horizon_bars=1, statistic="mean"),)),
        train_mean_K=np.zeros(1),
    )
    decided = decide_weights(panel, forecasts, portfolio=Follow(), constraints=NoConstraints())
    np.testing.assert_array_equal(decided.decided_D, times[1:5])
    np.testing.assert_array_equal(decided.weights_DS[:, 0], [0.2, 0.0, 0.0, 0.3])


def test_a_universe_of_everybody_changes_nothing(tmp_path: Path) -> None:
    panel = configure(RUN)[0].data.load()
    (tmp_path / "all.csv").write_text("symbol,start,end\n" + "".join(f"{s},1990-01-01,\n" for s in panel.symbols))
    _, bounded, first = executed(tmp_path, f"data.universe_file={tmp_path / 'all.csv'}")
    _, free, second = executed(tmp_path)
    assert bounded.table.values_FR.tobytes() == free.table.values_FR.tobytes()
    assert first.forecasts.forecast_M.tobytes() == second.forecasts.forecast_M.tobytes()
    assert first.weights_DS.tobytes() == second.weights_DS.tobytes()
