"""What gates look at, and what they say.

Shape legend: T bars, M scored rows, K trials.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from components.values.arrays import Float, Time
from components.values.forecast import Scored


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
    earlier_rounds  sweeps and single runs on this data before the one that this run belongs to: each was a question
               that noise might have passed
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
    earlier_rounds: int = 0


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
    """tests: names of those that were run, in order; a test that is not here has shown nothing; seen: how much of the
    data they looked at, whole sentences; whole: whether every row of every column was."""

    tests: tuple[str, ...]
    findings: tuple[LeakFinding, ...]
    seen: tuple[str, ...] = ()
    whole: bool = False


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


@dataclass(frozen=True, kw_only=True)
class NullRank:
    """Where the best trial of a sweep stands among the bests of null worlds, by one figure.

    figure: its flat name; value: here; p_value, rank, worlds, low, high: see `components.statistics.rank`; trials: of
    each search.
    """

    figure: str
    value: float
    p_value: float
    rank: int
    worlds: int
    low: float
    high: float
    trials: int


Need = Literal["trials", "draws", "scenarios", "leaks", "every row", "bundle", "null worlds", "vault"]
"""What a gate may ask for beyond forecasts and returns, and what costs something to find out. draws: histories that it
draws by itself."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Played:
    """A run in another world. returns_T: net returns per bar; phrase: how a sentence about it ends; costs_times: the
    factor of all costs where these are what is other, else None."""

    returns_T: Float
    phrase: str
    costs_times: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Everything a gate may look at.

    metrics: flat, for example "test/r2"; words: what a sentence calls each of them, as far as known; horizon_bars:
    bars a label overlaps; stamps_T: the bars of the backtest; returns_T and benchmark_T: per-bar net returns of the
    portfolio and of the index at equal average exposure; market_T: equal-weighted return of all symbols; seed: for
    what a gate draws; has_portfolio: whether the experiment makes anything of its forecasts.
    scenarios: what the portfolio earned in other worlds, by name, as far as some gate asks for them.
    trials, leaks, certificate, nulls, vault: None where no gate asked for them; broken: why what was asked for could
    not be found out.
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
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    seed: int = 0
    has_portfolio: bool = True
    scenarios: "Mapping[str, Played]" = field(default_factory=dict)
    trials: Trials | None = None
    leaks: LeakReport | None = None
    certificate: Certificate | None = None
    nulls: NullRank | None = None
    vault: Vault | None = None
    broken: Mapping[Need, str] = field(default_factory=dict[Need, str])


Relation = Literal[">=", "<=", ""]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The outcome of one gate. value and threshold are None where they cannot be computed.

    deferred: what it judges is not known yet: the vault is opened at promotion only. pending: what it judges costs
    more than a trial of a sweep does, see `runner.job`.
    not_applicable: the gate is for another kind of target; never where the run has nothing to show.
    suffices: what would turn a failure into a pass, whole sentences with which `says` ends; empty where that
    cannot be said.
    statistic: what value and threshold are of, as in `p-value`; relation: how the value must stand to the threshold.
    provable: what the record could show at all, plain, where the gate tests everything that was tried; else None.
    """

    status: Literal["passed", "failed", "not_applicable", "deferred", "pending"]
    value: float | None
    threshold: float | None
    says: str
    suffices: str = ""
    statistic: str = ""
    relation: Relation = ""
    provable: Mapping[str, Any] | None = None
