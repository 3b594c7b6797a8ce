"""The values that flow between stages; all immutable.

Shape legend: R panel rows, N samples (a subset of rows), F features, D decision times, S symbols,
T bars of the backtest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Float = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Int = npt.NDArray[np.int64]
Time = npt.NDArray[np.datetime64]


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """What a source declares about itself; printed in the verdict.

    identity names the data logically (for the ledger's families), never by content; cautions are whole
    sentences that a reader must know before trusting a figure.
    """

    identity: str
    description: str
    survivorship: Literal["free", "biased", "unknown"]
    adjustment: Literal["raw", "split", "total"]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """A design matrix with its labels: what a model is fitted on.

    X_NF float32, finite (before preprocessing NaN where missing); y_N float64, finite; columns: F names;
    timestamps_N decision times; symbols_N symbol codes.
    """

    X_NF: Float32
    y_N: Float
    columns: tuple[str, ...]
    timestamps_N: Time
    symbols_N: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.y_N)

    def with_features(self, X_NG: Float32, columns: tuple[str, ...]) -> "Samples":
        """The same rows with other columns."""
        return replace(self, X_NF=X_NG, columns=columns)

    def take(self, index: npt.NDArray[np.generic]) -> "Samples":
        return Samples(
            X_NF=self.X_NF[index],
            y_N=self.y_N[index],
            columns=self.columns,
            timestamps_N=self.timestamps_N[index],
            symbols_N=self.symbols_N[index],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibrated:
    """Forecasts after calibration. lower_N, upper_N: the interval around each, None without intervals."""

    forecast_N: Float
    lower_N: Float | None = None
    upper_N: Float | None = None


@dataclass(frozen=True, kw_only=True)
class Span:
    """One split of the decision times into half-open intervals [start, end), in order."""

    train: tuple[np.datetime64, np.datetime64]
    valid: tuple[np.datetime64, np.datetime64]
    test: tuple[np.datetime64, np.datetime64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """Row numbers of one span after purging: a train row's label is known before valid begins, a valid
    row's before test begins."""

    number: int
    span: Span
    train_rows: Int
    valid_rows: Int
    test_rows: Int


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a loss asks of a model: how many outputs, and how a raw score becomes a forecast."""

    width: int = 1
    link: Literal["identity", "sigmoid"] = "identity"
    labels: Literal["real", "binary"] = "real"


@dataclass(frozen=True, kw_only=True, eq=False)
class PriceGrid:
    """Prices on the union of timestamps: (T, S), NaN where a symbol has no bar."""

    symbols: tuple[str, ...]
    timestamps_T: Time
    fields: Mapping[str, Float]
    bars_per_year: float


@dataclass(frozen=True, kw_only=True, eq=False)
class BacktestResult:
    """What trading the weights would have earned.

    equity  one row per bar: timestamp, equity, cash, positions_value, gross, net, return,
            and one column `cost_<kind>` per kind of cost, all in currency but gross, net (fractions
            of equity) and return (fraction)
    trades  one row per fill: decided_at, filled_at, symbol, quantity, price, notional, and the same
            `cost_<kind>` columns as far as they fall on trades
    holdings_TS  units held after each bar's fills
    """

    equity: "pd.DataFrame"
    trades: "pd.DataFrame"
    holdings_TS: Float


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """Out-of-sample forecasts with their outcomes, sorted by (timestamp, symbol); M scored rows.

    train_mean_M: mean label of the train rows of the fold that made the forecast.
    baselines: name -> forecasts of a baseline fitted in the same folds.
    lower_M, upper_M: the interval that holds the outcome with probability `coverage`; None without intervals.
    """

    span: Literal["valid", "test", "vault"]
    timestamps_M: Time
    symbols_M: npt.NDArray[np.int32]
    fold_M: Int
    forecast_M: Float
    target_M: Float
    train_mean_M: Float
    baselines: Mapping[str, Float] = field(default_factory=dict[str, Float])
    lower_M: Float | None = None
    upper_M: Float | None = None
    coverage: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Trials:
    """What was ever tried on the run's family of data, the run itself included; from the ledger.

    number     of this run, from 1
    count      distinct trials: finished, failed, pruned, interrupted and running ones alike
    silent     those of them without a series here: they count, but show no correlation and no dispersion
    returns_TK (T, K) net returns per bar of the other K = count - silent trials, at the bars that they share
    losses_TK  (T, L) forecast losses per time of the trials that forecast the same target, at shared times;
               squared errors, log losses for a direction
    stamps_T, loss_stamps_T  the times of both
    own, own_loss  this run's column in returns_TK and in losses_TK; None where it has none
    problems   what is wrong with the ledger's chain, one line each; empty where it is whole
    """

    number: int
    count: int
    silent: int
    returns_TK: Float
    stamps_T: Time
    own: int | None
    losses_TK: Float
    loss_stamps_T: Time
    own_loss: int | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LeakFinding:
    """One thing that the leak battery found.

    test: which one found it; where: dotted path, feature, column or file; evidence: a sentence with figures.
    """

    test: str
    severity: Literal["leak", "suspect"]
    where: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class LeakReport:
    """tests: names of those that were run, in order; a test that is not here has shown nothing."""

    tests: tuple[str, ...]
    findings: tuple[LeakFinding, ...]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What the replay of a run through its bundle found, all folds together.

    forecasts, missing, beyond_tolerance  forecasts replayed; not made; differing by more than the tolerance
    orders, differing_orders              orders of the run; those whose sign, membership or weight differs
    stream_differing_orders               the same when bars are fed one by one; None if that was not tried
    first_divergence                      bar, symbol and feature of the first difference; empty if there is none
    latency_p50_us, latency_p99_us        one new bar of one symbol, features included, in microseconds
    """

    forecasts: int
    missing: int
    beyond_tolerance: int
    orders: int
    differing_orders: int
    stream_differing_orders: int | None
    first_divergence: str
    latency_p50_us: float
    latency_p99_us: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Vault:
    """What the opened vault showed: forecasts with outcomes, and net returns per bar of the portfolio.

    reused: whether some of its bars had been seen before, so that it proves less.
    """

    scored: Scored
    returns_T: Float
    benchmark_T: Float
    reused: bool


Stress = Literal["double_costs", "one_bar_later"]
"""Worse assumptions of a backtest: every cost twice; every fill one bar later."""

Need = Literal["trials", "stress", "leaks", "bundle", "vault"]
"""What a gate may ask for beyond forecasts and returns, and what costs something to find out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Everything a gate may look at.

    metrics: flat, for example "test/r2"; horizon_bars: bars a label overlaps; stamps_T: the bars of the
    backtest; returns_T and benchmark_T: per-bar net returns of the portfolio and of the index at equal average
    exposure; market_T: equal-weighted return of all symbols; seed: for what a gate draws.
    stress: returns_T under worse assumptions, as far as the backtest offers them.
    trials, leaks, certificate, vault: None where no gate asked for them.
    """

    metrics: Mapping[str, float]
    valid: Scored
    test: Scored
    horizon_bars: int
    kind: Literal["level", "return", "direction"]
    returns_T: Float
    benchmark_T: Float
    bars_per_year: float
    stamps_T: Time = field(default_factory=lambda: np.empty(0, dtype="datetime64[us]"))
    market_T: Float = field(default_factory=lambda: np.empty(0))
    seed: int = 0
    stress: Mapping[Stress, Float] = field(default_factory=dict[Stress, Float])
    trials: Trials | None = None
    leaks: LeakReport | None = None
    certificate: Certificate | None = None
    vault: Vault | None = None


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The outcome of one gate. value and threshold are None where they cannot be computed.

    deferred: what it judges is not known yet: the vault is opened at promotion only.
    suffices: what would turn a failure into a pass, whole sentences with which `says` ends; empty where that
    cannot be said.
    """

    status: Literal["passed", "failed", "not_applicable", "deferred"]
    value: float | None
    threshold: float | None
    says: str
    suffices: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check of the data found.

    count: bars (or pairs of symbols) concerned; symbol, timestamp: of the first of them, empty where there is
    none; example: a sentence about it; action: what was done.
    """

    check: str
    count: int
    symbol: str
    timestamp: str
    example: str
    action: Literal["dropped", "repaired", "kept"]
