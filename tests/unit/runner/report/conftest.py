"""Synthetic run folders, complete and seeded: a volatility, a direction and a cross-section experiment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

BuildRun = Callable[..., Path]


@pytest.fixture(scope="session")
def write_run() -> BuildRun:
    """write_run(folder, kind) -> folder."""
    return write


@pytest.fixture
def build_run(tmp_path: Path) -> BuildRun:
    """build_run(kind, **changes_to_the_manifest) -> folder; kind: level, direction or return."""

    def build(kind: str = "level", **changes: Any) -> Path:
        return write(tmp_path / "outputs" / "runs" / kind / f"20250301T101500Z-{kind:0<8.8}", kind, **changes)

    return build


def write(folder: Path, kind: str, **changes: Any) -> Path:
    rng = np.random.default_rng(7)
    symbols = [f"S{i:02d}" for i in range(20)] if kind == "return" else ["SPX"]
    days = pd.bdate_range("2003-01-02", "2016-12-30" if kind != "return" else "2012-12-31")
    forecasts = _forecasts(rng, kind, days, symbols)
    equity, trades, weights = _trading(rng, days[days >= "2006-01-02"], symbols)
    folder.mkdir(parents=True)
    for name, frame in {
        "forecasts": forecasts,
        "equity": equity,
        "trades": trades,
        "weights": weights,
    }.items():
        frame.to_parquet(folder / f"{name}.parquet")
    folds = _folds(days)
    manifest = {**_manifest(kind, folder.name, symbols, folds), **changes}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "metrics.json").write_text(json.dumps(_metrics(kind, len(folds), rng)))
    (folder / "gates.json").write_text(json.dumps(_gates(kind)))
    (folder / "config.yaml").write_text(
        f"name: {folder.parent.name}\nseed: 7\nmodel:\n  _target_: components.model.lightgbm.LightGBM\n"
        "  n_estimators: 400\n  learning_rate: 0.03\nsplit:\n  vault_start: '2017-01-03'\n"
    )
    return folder


def _forecasts(rng: Any, kind: str, days: pd.DatetimeIndex, symbols: list[str]) -> pd.DataFrame:
    parts = []
    for symbol in symbols:
        n = len(days)
        noise = rng.standard_normal(n)
        if kind == "level":
            state = np.zeros(n)
            for t in range(1, n):
                state[t] = 0.985 * state[t - 1] + 0.17 * rng.standard_normal()
            target = -9.4 + state + 0.35 * noise
            forecast = -9.4 + 0.85 * state
            baseline = {"last_value": np.concatenate([[target[0]], target[:-1]]), "har": -9.4 + 0.9 * state}
        elif kind == "direction":
            forecast = np.clip(0.53 + 0.03 * rng.standard_normal(n), 0, 1)
            target = (rng.random(n) < 0.53 + 0.1 * (forecast - 0.53)).astype(float)
            baseline = {"train_mean": np.full(n, 0.535)}
        else:
            forecast = 0.004 * rng.standard_normal(n)
            target = 0.4 * forecast + 0.03 * noise
            baseline = {"train_mean": np.full(n, 0.001)}
        columns = {f"baseline/{name}": values for name, values in baseline.items()}
        parts.append(
            pd.DataFrame(
                {
                    "fold": (days.year - 2006).to_numpy(),
                    "span": np.where(days.month > 3, "test", "valid"),
                    "timestamp": days,
                    "symbol": symbol,
                    "forecast": forecast,
                    "target": target,
                    "label_end": days + pd.Timedelta(days=7),
                    **columns,
                }
            )
        )
    frame = pd.concat(parts)
    frame = frame[frame["fold"] >= 0].sort_values(["timestamp", "symbol"], ignore_index=True)
    frame.loc[frame.index[-5:], "target"] = np.nan
    return frame


def _trading(rng: Any, days: pd.DatetimeIndex, symbols: list[str]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    n = len(days)
    crisis = ((days >= "2008-06-01") & (days < "2009-03-10")).astype(float)
    market = 0.0004 + (0.009 + 0.011 * crisis) * rng.standard_normal(n) - 0.0022 * crisis
    market[0] = 0.0
    exposure = 0.9 - 0.5 * crisis + 0.1 * rng.standard_normal(n)
    returns = exposure * market
    equity = 1e6 * np.cumprod(1 + returns)
    commission = 0.00002 * equity * np.abs(np.diff(exposure, prepend=0.9)) * 10
    frame = pd.DataFrame(
        {
            "timestamp": days,
            "equity": equity,
            "cash": (1 - exposure) * equity,
            "positions_value": exposure * equity,
            "gross": exposure,
            "net": exposure if len(symbols) == 1 else 0.1 * rng.standard_normal(n),
            "return": returns,
            "cost_commission": commission,
            "cost_financing": 0.1 * commission,
            "interest": 0.00001 * equity,
            "benchmark_return": 0.8 * market,
            "benchmark_equity": 1e6 * np.cumprod(1 + 0.8 * market),
        }
    )
    trades = pd.DataFrame(
        {
            "decided_at": days[:-1],
            "filled_at": days[1:],
            "symbol": symbols[0],
            "quantity": rng.standard_normal(n - 1),
            "price": 100.0,
            "notional": 1e5 * rng.standard_normal(n - 1),
            "cost_commission": commission[1:],
        }
    )
    weights = pd.DataFrame({"timestamp": days, "symbol": symbols[0], "weight": exposure})
    return frame, trades, weights


def _folds(days: pd.DatetimeIndex) -> list[dict[str, Any]]:
    return [
        {
            "number": year - 2006,
            "train": [[f"{year - 3}-01-02T00:00:00", f"{year - 1}-10-01T00:00:00"]],
            "valid": [[f"{year - 1}-10-01T00:00:00", f"{year}-04-01T00:00:00"]],
            "test": [[f"{year}-04-01T00:00:00", f"{year}-12-31T00:00:00"]],
            "n_train": 690,
            "n_valid": 124,
            "n_test": 190,
            "purged_train": 5,
            "purged_valid": 5,
        }
        for year in range(2006, days[-1].year + 1)
    ]


def _manifest(kind: str, run_id: str, symbols: list[str], folds: list[dict[str, Any]]) -> dict[str, Any]:
    expression = {
        "level": "log(mean(ref(rv, -5), 5))",
        "direction": "ref(close, -1) > close",
        "return": "ref(close, -5) / close - 1",
    }[kind]
    return {
        "experiment": {"level": "sp500_volatility", "direction": "sp500_direction", "return": "us20_ranking"}[kind],
        "run_id": run_id,
        "run_key": "5f1d" * 16,
        "state": "finished",
        "started": "2025-03-01T10:15:00Z",
        "finished": "2025-03-01T10:15:09Z",
        "command": ["python", "-m", "runner", "+experiment=" + kind],
        "versions": {"numpy": "2.4.6", "lightgbm": "4.7.0", "pandas": "3.0.6"},
        "python": "3.11.2",
        "platform": "Linux x86_64",
        "git": {"commit": "0f3a9d2" + "b" * 33, "dirty": kind == "return"},
        "seed": 7,
        "data": {
            "identity": "arch/sp500",
            "description": "S&P 500 index, daily bars",
            "survivorship": {"level": "free", "direction": "unknown", "return": "biased"}[kind],
            "adjustment": {"level": "total", "direction": "raw", "return": "split"}[kind],
            "fingerprint": "9c" * 32,
            "n_symbols": len(symbols),
            "n_rows": 5031 * len(symbols),
            "first": "1999-01-04T00:00:00",
            "last": "2018-12-31T00:00:00",
            "vault_start": "2017-01-03",
        },
        "target": {
            "expression": expression,
            "kind": kind,
            "says": "a quantity that is not traded itself",
            "horizon_bars": 1 if kind == "direction" else 5,
        },
        "features": {
            f"rv_{window}": {"expression": f"log(mean(rv, {window}))", "lookback_bars": window - 1}
            for window in (1, 5, 22, 66)
        },
        "folds": folds,
        "stages": [
            {"name": "panel", "seconds": 0.08, "cached": False},
            {"name": "features", "seconds": 0.004, "cached": True},
            {"name": "forecast", "seconds": 3.41, "cached": False},
        ],
        "notices": ["The bar after the decision is not tradable at its own close."] if kind == "direction" else [],
        "trial": {"key": "ab" * 32, "number": 3, "family_trials": 7, "counted": True},
        "ledger_head": "77" * 32,
        "choices": {"data": "sp500", "features": "har", "model": "lightgbm", "gates": "regression"},
        "local_files": [],
        "bundle": "outputs/registry/sp500_volatility/1" if kind == "level" else None,
    }


def _metrics(kind: str, n_folds: int, rng: Any) -> dict[str, float | None]:
    portfolio: dict[str, float | None] = {
        "backtest/sharpe": 0.352,
        "backtest/sortino": 0.49,
        "backtest/cagr": 0.0415,
        "backtest/volatility": 0.124,
        "backtest/max_drawdown": -0.312,
        "backtest/turnover_annual": 11.27,
        "backtest/cost_annual": 0.0012,
        "benchmark/sharpe": 0.31,
        "benchmark/sortino": None,
        "benchmark/cagr": 0.0473,
        "benchmark/volatility": 0.171,
        "benchmark/max_drawdown": -0.467,
    }
    if kind == "level":
        own = {"r2": 0.6412, "r2_train_mean": 0.6533, "mse": 0.2917, "mae": 0.4123, "correlation": 0.807}
        rivals = {"last_value": {"r2": 0.585, "mse": 0.3378}, "har": {"r2": 0.684, "mse": 0.257}}
        per_fold = {"r2": (0.5, 0.15), "last_value/r2": (0.38, 0.2), "har/r2": (0.55, 0.14)}
    elif kind == "direction":
        own = {
            "accuracy": 0.507,
            "base_rate": 0.538,
            "log_loss": 0.6952,
            "brier": 0.251,
            "auc": 0.503,
            "ic": None,
        }
        rivals = {"train_mean": {"accuracy": 0.538, "log_loss": 0.6904, "brier": 0.2487, "auc": None}}
        per_fold = {"accuracy": (0.507, 0.02), "train_mean/accuracy": (0.538, 0.02)}
    else:
        own = {"rank_ic": 0.031, "rank_ic_t": 2.41, "ic": 0.034, "ic_t": 2.6, "r2": -0.012, "mse": 0.00091}
        rivals = {"train_mean": {"rank_ic": None, "r2": -0.001, "mse": 0.0009}}
        per_fold = {"rank_ic": (0.03, 0.02)}
    metrics: dict[str, float | None] = {f"test/{name}": value for name, value in own.items()}
    metrics |= {f"valid/{name}": value for name, value in own.items() if value is not None}
    metrics |= {f"test/{who}/{name}": value for who, scores in rivals.items() for name, value in scores.items()}
    for name, (mean, spread) in per_fold.items():
        for fold in range(n_folds):
            metrics[f"test/{name}_fold_{fold}"] = float(mean + spread * rng.standard_normal())
    if kind == "level":
        metrics["test/last_value/r2_fold_2"] = -9.3
    return {**metrics, **portfolio}


REGRESSION = (
    ("r2_above_zero", "passed", True, 0.6412, 0.0, "Test R² is 0.641, above the required 0.000."),
    ("beats_last_value", "passed", True, 3.12, 1.645, "Errors are 13.6 % smaller than those of last_value."),
    ("stable_folds", "passed", True, 0.91, 0.6, "10 of 11 folds have R² above 0 (91 %; 60 % are required)."),
    ("beats_har", "failed", False, -4.8, 1.645, "Errors are 13.5 % larger than those of har (t = -4.80)."),
)
CLASSIFICATION = (
    ("direction_skill", "failed", True, -0.031, 0.0, "Right on 50.7 % of 2,061 bars; always 'up' on 53.8 %."),
    ("beats_train_mean", "failed", True, -2.2, 1.645, "Log loss is 0.7 % larger than that of train_mean."),
    ("no_collapse", "passed", True, 0.21, 0.05, "The model calls 'down' on 21 % of the bars."),
    ("ranking", "not_applicable", True, None, None, "Needs three symbols on a date; there is one."),
)


def _gates(kind: str) -> dict[str, Any]:
    rows = CLASSIFICATION if kind == "direction" else REGRESSION
    names = ("name", "status", "required", "value", "threshold", "says")
    gates = [{**dict(zip(names, row, strict=True)), "skill": row[0].startswith(("beats", "direction"))} for row in rows]
    return {"passed": kind != "direction", "gates": gates}
