"""What honest columns of public market data reach: `python tools/honest_maxima.py --data FOLDER`.

For every file of the folder that is named below: the largest rank correlation of honest columns (what a careful user
computes from the past, and the file's own columns) with what follows, by horizon, less what the table of reach allows
for drift and for the target's own past. Writes experiments/honest_maxima/results.json, which the table of
components/leaks/reach.py is tested against. The data themselves stay where they are; SOURCES says where they came from.
"""

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src")]

from components.leaks import reach  # noqa: E402
from components.leaks.column import Column  # noqa: E402
from components.leaks.examination import describe, outlook_of  # noqa: E402
from components.leaks.layout import Table, block_p, correlation, merged  # noqa: E402
from components.leaks.periods import SIZES  # noqa: E402
from components.leaks.series import p_values  # noqa: E402
from components.leaks.tests import periods  # noqa: E402
from components.values import Float  # noqa: E402
from runner.leaks.table import load_table  # noqa: E402

PLACE = ROOT / "experiments" / "honest_maxima" / "results.json"
SOURCES = {
    "us_large_cap_daily.parquet": ("close", 20, "dieperdev/yfinance-stock-data @ a342efb774eb (Yahoo Finance)"),
    "semis_daily.parquet": ("close", 16, "dieperdev/yfinance-stock-data @ a342efb774eb (Yahoo Finance)"),
    "megacap_daily.parquet": ("close", 16, "dieperdev/yfinance-stock-data @ a342efb774eb (Yahoo Finance)"),
    "sp500_2015_2020_other.parquet": ("close", 20, "Shiva-gs/ML-Project-Stock-Predict @ b76ea6038e7f (Yahoo Finance)"),
    "us_etf_daily.parquet": ("close", 2, "QuantConnect/Lean @ 24863901deff"),
    "spy_hourly.parquet": ("close", 1, "QuantConnect/Lean @ 24863901deff"),
    "etf_adjclose_daily.parquet": ("adj_close", 12, "dsturdy/Factor_Attribution @ 712ab00cb7d0 (Yahoo Finance)"),
    "fx_metal_index_daily.parquet": ("close", 13, "TheSnowGuru/Stocks-Futures-... @ 5fa48d39fd20 (Dukascopy)"),
    "xagusd_minute.parquet": ("close", 1, "FX-Data/FX-Data-XAGUSD-DS @ 97caffa1d72a (Dukascopy)"),
    "vix_daily.parquet": ("close", 1, "datasets/finance-vix @ 6f56e2760520"),
    "samba_repaired_daily.parquet": ("Price", 1, "MdTanvir-Hasan/SAMBA @ 09b55ccb1c9b, rows put back into order"),
    "cnnpred_daily.parquet": ("Close", 2, "hoseinzadeehsan/CNNpred-Keras @ ed6d3a1167b5"),
}
"""file -> (target, symbols that are looked at, repository and commit)."""

MOST_ROWS = 30_000
SURE = 6e-5
"""Chance of four standard errors: what is likelier is one sample's accident and no reach."""

FEWEST_PERIODS = 40
"""Fewer say little: r of 1 / sqrt(40) is chance."""


def table_of(path: Path, target: str, symbols: int) -> Table:
    made, _ = load_table(path, time="timestamp", symbol="symbol", target=target)
    made = made.of_symbols(np.arange(len(made.symbols)) < symbols)
    if len(made.symbols) == 1 and made.n_rows > MOST_ROWS:
        made = Table(
            symbols=made.symbols,
            offsets=np.array([0, MOST_ROWS]),
            times_R=made.times_R[:MOST_ROWS],
            columns={name: values_R[:MOST_ROWS] for name, values_R in made.columns.items()},
        )
    return Table(
        symbols=made.symbols,
        offsets=made.offsets,
        times_R=made.times_R,
        columns={**made.columns, **honest(made, made.columns[target])},
    )


def honest(made: Table, price_R: Float) -> dict[str, Float]:
    """What a careful user computes of the price alone."""
    move_R = price_R / made.later(price_R, -1) - 1
    past = [made.later(move_R, -lag) for lag in range(20)]
    mean, spread = np.mean(past, axis=0), np.std(past, axis=0)
    return {
        "move": move_R,
        "size": np.abs(move_R),
        "move_before": past[1],
        "momentum_5": price_R / made.later(price_R, -5) - 1,
        "momentum_20": price_R / made.later(price_R, -20) - 1,
        "momentum_60": price_R / made.later(price_R, -60) - 1,
        "spread_20": spread,
        "z_20": mean / spread,
        "up_share": np.mean([each_R > 0 for each_R in past], axis=0),
        "best_of_20": np.max(past, axis=0),
        "worst_of_20": np.min(past, axis=0),
        "log_price": np.log(np.maximum(price_R, 1e-12)),
    }


def measured(path: Path, target: str, symbols: int) -> dict[str, Any]:
    made = table_of(path, target, symbols)
    names = tuple(name for name in made.columns if name != target and np.isfinite(made.columns[name]).sum() > 200)
    outlook = outlook_of(made, target, describe(made, target, names, "at"))
    found: dict[str, float] = {}
    for name in names:
        column = Column(name=name, values_R=made.columns[name], outlook=outlook)
        for what, value in _of(column):
            if value > found.get(what, 0.0):
                found[what] = value
    rounded = {what: round(value, 3) for what, value in sorted(found.items())}
    return {"rows": made.n_rows, "symbols": len(made.symbols), "columns": len(names), "largest": rounded}


def _of(column: Column) -> Any:
    """(row of the table of reach, |r| beyond what it allows for)."""
    cells = column.table.cells
    for levels, sums_KSB7 in ((True, column.sums), (False, column.innovation_sums)):
        for k, future in enumerate(column.outlook.futures):
            sums_B7 = sums_KSB7[k].sum(axis=0)
            r = abs(float(correlation(sums_B7.sum(axis=0))))
            if float(block_p(merged(sums_B7, cells.judged(future.span))[:, 5])) < SURE:
                stays = levels and column.persistence > reach.HARDLY_MOVES
                drift = reach.drift(future.span, column.table.n_dates) if stays else 0.0
                bounds = reach.REACH[future.what]
                yield future.what, r - (bounds.raised(column.outlook.own_of(future), drift).honest - bounds.honest)
    for period in (each for each in column.outlook.periods if each.dates >= FEWEST_PERIODS):
        for _, x_P in periods.shown(column, period):
            rank_P = periods.ranked(x_P, column.table.symbol_R[period.first_P])
            for figure, news_P in period.figures.items():
                known_P = np.isfinite(rank_P) & np.isfinite(news_P)
                if known_P.sum() >= FEWEST_PERIODS:
                    r = abs(float(np.corrcoef(rank_P[known_P], news_P[known_P])[0, 1]))
                    chance = float(p_values(np.array([r]), np.array([min(known_P.sum(), period.dates)]))[0])
                    if chance < SURE:
                        yield ("size of a period" if figure in SIZES else "period"), r


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("ASSAY_DATA"), required=False)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder of the market data, or set ASSAY_DATA")
    warnings.simplefilter("ignore", RuntimeWarning)
    found = {}
    for name, (target, symbols, source) in SOURCES.items():
        if options.only in name and (options.data / name).is_file():
            started = time.time()
            found[name] = {**measured(options.data / name, target, symbols), "source": source}
            print(f"{name}: {found[name]['largest']} ({time.time() - started:.0f} s)", flush=True)
    overall: dict[str, float] = {}
    for each in found.values():
        for what, value in each["largest"].items():
            overall[what] = max(value, overall.get(what, 0.0))
    if not options.only:
        PLACE.parent.mkdir(parents=True, exist_ok=True)
        PLACE.write_text(json.dumps({"largest": overall, "files": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
