"""Tables and notation: what is written for which number."""

import math

import numpy as np
import pandas as pd
import pytest

from runner.report import notation, tables, theme

METRICS = {
    "test/r2": 0.6412,
    "test/mse": 0.2917,
    "test/r2_fold_1": 0.5,
    "test/r2_fold_2": -0.0001,
    "test/last_value/r2": 0.585,
    "test/last_value/r2_fold_1": 0.7,
    "test/last_value/mse": None,
    "test/own_score": 12345.678,
    "valid/r2": 0.7,
    "valid/last_value/r2": 0.6,
    "backtest/sharpe": 0.352,
    "backtest/n_trades": 1234.0,
    "benchmark/sharpe": 0.41,
    "benchmark/max_drawdown": math.nan,
    "backtest/max_drawdown": -0.3121,
}


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (0.64119, "three decimals", "0.641"),
        (-0.0001, "three decimals", "0.000"),
        (0.50649, "percent", "50.6 %"),
        (-0.312, "percent", "-31.2 %"),
        (0.00123, "fine percent", "0.12 %"),
        (11.27, "times", "11.3 x"),
        (-0.001, "two decimals", "0.00"),
        (1234.0, "count", "1,234"),
        (0.29171, "significant", "0.2917"),
        (0.0, "significant", "0"),
        (-1.025e-19, "significant", "0"),
        (1.2e-7, "significant", "1.200e-07"),
        (1234567.0, "significant", "1,234,567"),
        (1.5e13, "significant", "1.500e+13"),
        *((missing, "three decimals", "–") for missing in (None, math.nan, math.inf, True, "x")),
    ],
)
def test_numbers(value: object, style: notation.Style, text: str) -> None:
    assert notation.write(value, style) == text


@pytest.mark.parametrize(
    ("stamp", "text"),
    [
        ("2017-01-03", "2017-01-03"),
        ("2017-01-03T00:00:00", "2017-01-03"),
        ("2017-01-03T00:00:00.000000", "2017-01-03"),
        ("2017-01-03 15:30:00+00:00", "2017-01-03 15:30:00"),
        (np.datetime64("2017-01-03T09:05:00.000000"), "2017-01-03 09:05:00"),
        (None, "–"),
    ],
)
def test_dates(stamp: object, text: str) -> None:
    assert notation.date(stamp) == text


def test_forecast_table_marks_the_best_of_the_compared() -> None:
    table = tables.forecast_table(METRICS)
    assert table.header == ("Test spans", "model", "last_value", "model, validation")
    assert table.rows == (
        tables.Row(label="R²", cells=("0.641", "0.585", "0.700"), best=0),
        tables.Row(label="Mean squared error", cells=("0.2917", "–", "–")),
        tables.Row(label="own score", cells=("12,346", "–", "–")),
    )


def test_portfolio_table() -> None:
    assert tables.portfolio_table(METRICS).rows == (
        tables.Row(label="Sharpe ratio", cells=("0.35", "0.41"), best=1),
        tables.Row(label="Deepest drawdown", cells=("-31.2 %", "–")),
        tables.Row(label="Trades", cells=("1,234", "–")),
    )


def test_portfolio_under_stress_stands_beside_it_without_being_compared() -> None:
    table = tables.portfolio_table({**METRICS, "double_costs/sharpe": 0.9, "one_bar_later/max_drawdown": -0.4})
    assert table.header == ("After costs", "portfolio", "benchmark", "costs doubled", "one bar later")
    assert table.rows[:2] == (
        tables.Row(label="Sharpe ratio", cells=("0.35", "0.41", "0.90", "–"), best=1),
        tables.Row(label="Deepest drawdown", cells=("-31.2 %", "–", "–", "-40.0 %")),
    )


def test_tables_of_nothing() -> None:
    assert tables.forecast_table({}) == tables.Table(header=("Test spans", "model"), rows=())
    assert tables.portfolio_table({}).rows == ()
    assert tables.fold_scores({}, "level") == ("", {})


def test_fold_table_compares_model_and_baselines() -> None:
    folds = [{"number": n, "test": [[f"200{n}-01-01T00:00:00", f"200{n + 1}-01-01T00:00:00"]]} for n in (1, 2)]
    table = tables.fold_table(METRICS, folds, "level")
    assert table.header == ("R² by fold", "model", "last_value")
    assert table.rows == (
        tables.Row(label="1: 2001-01-01 to 2002-01-01", cells=("0.500", "0.700"), best=1),
        tables.Row(label="2: 2002-01-01 to 2003-01-01", cells=("0.000", "–")),
    )


@pytest.mark.parametrize(
    ("kind", "names", "leading"),
    [
        ("level", {"mse", "r2"}, "r2"),
        ("return", {"r2", "rank_ic"}, "rank_ic"),
        ("return", {"r2", "mse"}, "r2"),
        ("direction", {"log_loss", "auc"}, "log_loss"),
        ("direction", {"own_score"}, "own_score"),
    ],
)
def test_metric_that_stands_for_a_fold(kind: str, names: set[str], leading: str) -> None:
    metrics = {f"test/{name}_fold_{fold}": 0.1 for name in names for fold in (1, 2)}
    assert tables.fold_scores(metrics, kind) == (leading, {"model": {1: 0.1, 2: 0.1}})


def test_profit_parts_add_up() -> None:
    equity = pd.DataFrame(
        {
            "equity": [1000.0, 1010.0, 1100.0],
            "cost_commission": [0.0, 2.0, 3.0],
            "cost_borrow": [0.0, 1.0, 0.5],
            "interest": [0.0, 0.25, 0.25],
        }
    )
    parts = tables.profit_parts(equity)
    assert parts == [
        ("Gross profit", 106.0),
        ("Commission", -5.0),
        ("Borrow", -1.5),
        ("Interest on cash", 0.5),
        ("Net profit", 100.0),
    ]
    trades = pd.DataFrame({"notional": [1000.0, -3000.0], "cost_commission": [2.0, 3.0]})
    rows = {row.label: row.cells for row in tables.cost_table(tables.costs(equity, trades)).rows}
    assert rows["Net profit"] == ("100", "10.0 %")
    assert rows["Trades"] == ("2", "")
    assert rows["Cost per traded notional"] == ("12.50 bps", "")
    assert "Closed at a delisting" not in rows
    ended = tables.cost_table(tables.costs(equity.assign(delisted=[0, 2, 1]), trades))
    assert {row.label: row.cells for row in ended.rows}["Closed at a delisting"] == ("3", "")


def test_cards_compare() -> None:
    by_label = {card.label: (card.value, card.beside) for card in tables.cards(METRICS, "level")}
    assert by_label["R², test"] == ("0.641", "best baseline 0.585 (last_value)")
    assert by_label["Sharpe ratio"] == ("0.35", "benchmark 0.41")
    assert by_label["Costs per year"] == ("–", "turnover – equity")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.9, 3.1, [1, 1.25, 1.5, 2, 2.5, 3]),
        (1.0, 1.45, [1, 1.1, 1.2, 1.3, 1.4]),
        (0.08, 30.0, [0.1, 0.3, 1, 3, 10, 30]),
        (1e-3, 1e9, [1e-3, 1e9]),
    ],
)
def test_log_ticks_are_round_and_few(low: float, high: float, ticks: list[float]) -> None:
    found = theme.log_ticks(low, high)
    assert found == pytest.approx(sorted(found))
    assert 2 <= len(found) <= 7
    assert found == pytest.approx(ticks)


def test_outputs_that_are_not_decided_on_have_a_table_of_their_own() -> None:
    found = {"test/output/h5.mean/r2": 0.1, "test/output/h5.mean/mse": 0.25, "test/output/h20.mean/r2": None}
    table = tables.outputs_table(METRICS | found)
    assert table.header == ("Other outputs, test spans", "h5.mean", "h20.mean")
    assert table.rows == (
        tables.Row(label="R²", cells=("0.100", "–")),
        tables.Row(label="Mean squared error", cells=("0.25", "–")),
    )
    assert tables.outputs_table(METRICS).rows == ()


def test_of_several_paths_the_folds_of_the_judged_one_are_listed() -> None:
    folds = [{"number": n, "test": [["2001-01-01", "2002-01-01"]], "paths": [1, 2]} for n in (1, 2, 3)]
    assert [row.label[0] for row in tables.fold_table(METRICS, folds, "level").rows] == ["1", "2"]
    once = [{**fold, "paths": [1]} for fold in folds]
    assert len(tables.fold_table(METRICS, once, "level").rows) == 3
