"""Histories of markets and of people who try configurations on them, with the truth known: what the studies judge.

Returns of one market: GARCH(1, 1) volatility of 1 % a bar, Student shocks with five degrees of freedom, no drift; or
the daily returns of the S&P 500, less their mean, in permuted blocks. A configuration is a surrogate of a model: a
persistent signal (autocorrelation 0.95), a position tanh(signal) held from the next bar on, costs in proportion to what
is traded. T bars, K configurations.
"""

import math
from dataclasses import dataclass, replace
from functools import cache as remembered

import numpy as np

from components.statistics.sharpe import sharpe_ratio
from components.values import Evidence, Float, Played, Scored, Trials
from runner.composition.figures import metrics
from runner.judging.metrics import score

BARS_A_YEAR = 252
PERSISTENCE = 0.95
COST = 2e-4
CARRIERS_SHARE = 0.8
"""Of a knowing signal's variance that is true: knowing signals share it."""
BLOCK = 21
"""Bars of a real market that stay together."""
FOLDS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class World:
    """market_T: returns; signal_TK: what each configuration thinks; knows: share of a bar's volatility that a knowing
    signal foretells; cost: of what is traded; quiet: signals below it make no position."""

    market_T: Float
    signal_TK: Float
    knows: float = 0.0
    cost: float = COST
    quiet: float = 0.0

    def held(self, late: int = 0) -> Float:
        """(T, K) positions over each bar, decided one bar before, or later."""
        position_TK = np.where(np.abs(self.signal_TK) >= self.quiet, np.tanh(self.signal_TK), 0.0)
        held_TK = np.zeros_like(position_TK)
        held_TK[1 + late :] = position_TK[: -1 - late]
        return held_TK

    def earned(self, *, costs: float = 1.0, late: int = 0) -> Float:
        """(T, K) net returns."""
        held_TK = self.held(late)
        traded_TK = np.abs(np.diff(held_TK, axis=0, prepend=0.0))
        net: Float = held_TK * self.market_T[:, None] - costs * self.cost * traded_TK
        return net

    def only(self, k: int, bars: int | None = None) -> "World":
        """One configuration on the first bars."""
        return replace(self, market_T=self.market_T[:bars], signal_TK=self.signal_TK[:bars, k : k + 1])


def volatility(bars: int, rng: np.random.Generator) -> tuple[Float, Float]:
    """(T,) GARCH(1, 1) volatilities, 1 % a bar on average, and Student shocks with five degrees of freedom."""
    shock_T = rng.standard_t(5, bars) * np.sqrt(3 / 5)
    variance_T, variance = np.empty(bars), 1e-4
    for t, shock in enumerate(shock_T.tolist()):
        variance_T[t] = variance
        variance = 2e-6 + (0.08 * shock * shock + 0.9) * variance
    return np.sqrt(variance_T), shock_T


def autoregressive(shape: tuple[int, int], rng: np.random.Generator) -> Float:
    """(T, K) signals of variance 1 whose neighbours correlate by PERSISTENCE: positions are held for some weeks."""
    from scipy.signal import lfilter

    innovations = rng.normal(size=shape)
    innovations[1:] *= np.sqrt(1 - PERSISTENCE**2)
    signals: Float = lfilter([1.0], [1.0, -PERSISTENCE], innovations, axis=0)
    return signals


def mixed(common_T: Float, own_TK: Float, share: float) -> Float:
    """(T, K) signals that correlate by `share` with each other."""
    signals: Float = np.sqrt(share) * common_T[:, None] + np.sqrt(1 - share) * own_TK
    return signals


def knowing(volatility_T: Float, shock_T: Float, true_T: Float, knows: float) -> Float:
    """(T,) returns of a market of which a true signal foretells a share of the next bar's volatility."""
    market: Float = volatility_T * (shock_T + knows * np.concatenate([[0.0], true_T[:-1]]))
    return market


@remembered
def strength(sharpe: float) -> float:
    """How much of a bar's volatility a signal must foretell for its carriers to earn this net Sharpe ratio a year."""
    if sharpe == 0:
        return 0.0
    rng = np.random.default_rng(12345)
    volatility_T, shock_T = volatility(400_000, rng)
    true_T = autoregressive((400_000, 1), rng)[:, 0]
    signal_TK = mixed(true_T, autoregressive((400_000, 1), rng), CARRIERS_SHARE)
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        world = World(market_T=knowing(volatility_T, shock_T, true_T, middle), signal_TK=signal_TK)
        reached = sharpe_ratio(world.earned()[:, 0], BARS_A_YEAR)
        low, high = (middle, high) if reached < sharpe else (low, middle)
    return low


@remembered
def _real_returns() -> Float:
    from arch.data import sp500

    close_T = sp500.load()["Adj Close"].to_numpy(dtype=np.float64)
    returns_T: Float = close_T[1:] / close_T[:-1] - 1
    return returns_T - returns_T.mean()


def permuted(bars: int, rng: np.random.Generator) -> Float:
    """(T,) daily returns of the S&P 500 1999 to 2018, less their mean, blocks of a month in random order.

    Rules must read another permutation than they trade: within a month the real market turns back from day to day.
    """
    returns_T = _real_returns()
    blocks = returns_T[: len(returns_T) // BLOCK * BLOCK].reshape(-1, BLOCK)
    shuffled: Float = blocks[rng.permutation(len(blocks))].ravel()[:bars]
    return shuffled


def rules(market_T: Float, k: int, rng: np.random.Generator) -> Float:
    """(T, K) what traders read from past returns: momentum or reversal over 2 to 250 bars, by the day or week."""
    path_T = np.concatenate([[0.0], np.cumsum(market_T)])
    spread_T = np.sqrt(np.convolve(market_T**2, np.ones(63) / 63)[: len(market_T)]) + 1e-9
    signal_TK = np.zeros((len(market_T), k))
    for i in range(k):
        window = int(np.exp(rng.uniform(np.log(2), np.log(250))))
        past_T = path_T[window:] - path_T[:-window]
        strength_T = rng.choice([-1.0, 1.0]) * past_T / (spread_T[window - 1 :] * math.sqrt(window))
        hold = int(rng.choice([1, 5]))
        signal_TK[window - 1 :, i] = np.repeat(strength_T[::hold], hold)[: len(strength_T)]
    return signal_TK


def evidence_of(world: World, bars_per_year: float = BARS_A_YEAR) -> Evidence:
    """What the run of a world's only configuration would have shown."""
    bars, market_T, signal_T = len(world.market_T), world.market_T, world.signal_TK[:, 0]
    stamps_T = np.datetime64("2000-01-03", "us") + np.arange(bars) * np.timedelta64(1, "D")
    scored = Scored(
        span="test",
        timestamps_M=stamps_T[:-1],
        symbols_M=np.zeros(bars - 1, dtype=np.int32),
        fold_M=1 + np.arange(bars - 1) * FOLDS // bars,
        forecast_M=0.01 * max(world.knows, 0.05) * signal_T[:-1],
        target_M=market_T[1:],
        train_mean_M=np.zeros(bars - 1),
        baselines={"last_value": market_T[:-1], "train_mean": np.zeros(bars - 1)},
    )
    returns_T = world.earned()[:, 0]
    figures = {f"test/{name}": value for name, value in score(scored, metrics(), "return", 1).items()}
    doubled_T, late_T = world.earned(costs=2.0)[:, 0], world.earned(late=1)[:, 0]
    return Evidence(
        metrics={**figures, "backtest/sharpe": sharpe_ratio(returns_T, bars_per_year)},
        valid=replace(scored, span="valid"),
        test=scored,
        horizon_bars=1,
        kind="return",
        returns_T=returns_T,
        benchmark_T=world.held()[:, 0].mean() * market_T,
        bars_per_year=float(bars_per_year),
        stamps_T=stamps_T,
        market_T=market_T,
        scenarios={
            "double_costs": Played(returns_T=doubled_T, phrase="with every cost doubled", costs_times=2.0),
            "one_bar_later": Played(returns_T=late_T, phrase="with fills one bar later"),
        },
    )


def tries_of(returns_TK: Float, own: int, *, silent: int = 0, earlier_rounds: int = 0) -> Trials:
    """What a ledger knows after these tries. silent: further ones that left no series."""
    n, k = returns_TK.shape
    stamps_T = np.datetime64("2000-01-03", "us") + np.arange(n) * np.timedelta64(1, "D")
    return Trials(
        number=own + 1,
        count=k + silent,
        silent=silent,
        returns_TK=returns_TK,
        stamps_T=stamps_T,
        own=own,
        losses_TK=np.empty((0, 0)),
        loss_stamps_T=stamps_T[:0],
        own_loss=None,
        earlier_rounds=earlier_rounds,
    )
