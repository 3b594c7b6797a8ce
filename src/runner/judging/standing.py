"""Where a run stands, gates aside: its forecast beside the best baseline, its portfolio beside holding the market, what
its record could have shown, and what nobody may overlook."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from components.statistics.comparison import per_timestamp
from components.statistics.distinct import distinct
from components.statistics.forecast import loss
from components.statistics.newey_west import mean_test
from components.statistics.performance import known
from components.statistics.provable import mean_correlation, provable
from components.statistics.sharpe import sharpe_ratio
from components.values import Evidence, Float, Scored
from runner.composition import figures

LEVEL = 0.05
"""Error probability of "better than the best baseline"."""
LONG_YEARS = 2.0
"""Under water for so long is said before anything else; so is half of a shorter record."""


@dataclass(frozen=True, kw_only=True)
class Rival:
    """The best baseline: by how much of its loss the model's is smaller, and the p-value of "it is smaller"; constant:
    whether it forecasts one value in each fold, so that whatever ranks or directs at all says more."""

    name: str
    gain: float
    p: float | None
    constant: bool = False

    @property
    def beaten(self) -> bool:
        return self.p is not None and self.p <= LEVEL


@dataclass(frozen=True, kw_only=True)
class Provable:
    """The smallest effect that a record of this length could have shown after these tries, with probability one half
    and nine tenths: an annual Sharpe ratio, or a share of the best baseline's loss; later: (more tries, what they leave
    to be shown with probability one half); measured: the run's own."""

    statistic: Literal["sharpe", "loss"]
    half: float
    ninety: float
    measured: float
    later: tuple[tuple[int, float], ...]
    baseline: str = ""

    @property
    def says(self) -> str:
        half, ninety = (self._write(value) for value in (self.half, self.ninety))
        after = after_more((self._write(value), more) for more, value in self.later)
        if self.statistic == "sharpe":
            return f"a Sharpe ratio of {half} a year with probability one half, of {ninety} with 90 % ({after})"
        than = f"losses {half} smaller than those of {self.baseline} with probability one half"
        return f"{than}, {ninety} with 90 % ({after})"

    def _write(self, value: float) -> str:
        return f"{value:.2f}" if self.statistic == "sharpe" else f"{100 * value:.1f} %"


def after_more(effects: Iterable[tuple[str, int]]) -> str:
    """What is left to be shown after so many more tries."""
    return f"with one half {', '.join(f'{effect} after {more:,}' for effect, more in effects)} more tries"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """forecast, portfolio: a clause with figures, empty where there are none; rival: None without baselines; behind:
    whether the portfolio earned less than holding the market at its exposure, or nothing; first: what is said before
    anything else, a sentence each."""

    forecast: str = ""
    portfolio: str = ""
    rival: Rival | None = None
    behind: bool = False
    provable: Provable | None = None
    first: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        plain = {**asdict(self), "first": list(self.first)}
        if self.provable:
            plain["provable"] |= {"later": [list(effect) for effect in self.provable.later]}
        return plain

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Standing":
        """What `to_json` wrote."""
        rival, provable = content.get("rival"), content.get("provable")
        known = {**content, "first": tuple(content.get("first", ()))}
        if provable:
            provable = {**provable, "later": tuple((more, effect) for more, effect in provable["later"])}
        return Standing(**{**known, "rival": rival and Rival(**rival), "provable": provable and Provable(**provable)})


def standing_of(evidence: Evidence, *, counted: bool = True) -> Standing:
    """Of a run's evidence, the vault apart. counted: whether its tries are known, without which nobody can say what the
    record could show."""
    rival = _rival(evidence)
    own, held = (sharpe_ratio(r_T, evidence.bars_per_year) for r_T in (evidence.returns_T, evidence.benchmark_T))
    traded = evidence.has_portfolio and math.isfinite(own)
    return Standing(
        forecast=_forecast(evidence, rival),
        portfolio=_portfolio(own, held) if traded else "",
        rival=rival,
        behind=traded and not own > max(held if math.isfinite(held) else 0.0, 0.0),
        provable=_provable(evidence, rival) if counted else None,
        first=tuple(_first(evidence)),
    )


def _rival(evidence: Evidence) -> Rival | None:
    """The baseline with the smallest mean loss, rows where all are known counting alike."""
    found = {}
    for name in evidence.test.baselines:
        own_T, other_T = _losses(evidence, name)
        if len(other_T) and other_T.mean() > 0:
            found[name] = (
                float(other_T.mean()),
                float(own_T.mean()),
                mean_test(other_T - own_T, evidence.horizon_bars),
            )
    if not found:
        return None
    name = min(found, key=lambda each: found[each][0])
    other, own, test = found[name]
    p = test.p_greater if math.isfinite(test.p_greater) else None
    return Rival(name=name, gain=1 - own / other, p=p, constant=_constant(evidence.test, name))


def _constant(scored: Scored, baseline: str) -> bool:
    forecast_M = scored.baselines[baseline]
    return all(np.ptp(forecast_M[scored.fold_M == fold]) == 0 for fold in distinct(scored.fold_M))


def _losses(evidence: Evidence, baseline: str) -> tuple[Float, Float]:
    """(T,) losses of the model and of a baseline at the times where both are known."""
    scored = evidence.test
    forecasts = (scored.forecast_M, scored.baselines[baseline])
    with np.errstate(all="ignore"):
        own_M, other_M = (loss(evidence.kind, scored.target_M, forecast_M) for forecast_M in forecasts)
    both_M = np.isfinite(own_M) & np.isfinite(other_M)
    own_T, other_T = (per_timestamp(loss_M[both_M], scored.timestamps_M[both_M]) for loss_M in (own_M, other_M))
    return own_T, other_T


def _forecast(evidence: Evidence, rival: Rival | None) -> str:
    known = {name: value for name, value in evidence.metrics.items() if math.isfinite(value)}
    scored = [name for name in figures.metrics() if f"test/{name}" in known]
    leading = next(iter(figures.leading(scored, evidence.kind)), None)
    if leading is None:
        return ""
    label = figures.metrics()[leading].label
    beside = known.get(f"test/{rival.name}/{leading}") if rival else None
    against = f", against {beside:.3f} of {rival.name}, the best baseline" if rival and beside is not None else ""
    return f"{label} {known[f'test/{leading}']:.3f}{against}"


def _portfolio(own: float, held: float) -> str:
    against = f", against {held:.2f} for the market held at the same average exposure" if math.isfinite(held) else ""
    return f"Sharpe ratio {own:.2f} after costs{against}"


def _provable(evidence: Evidence, rival: Rival | None) -> Provable | None:
    """By the family-wise test at LEVEL of as many tries as the family has, whatever gates the run has."""
    trials = evidence.trials
    by_loss = evidence.kind == "level" or not evidence.has_portfolio
    if by_loss and rival is None:
        return None
    tries, series_TK = (
        (trials.count, trials.losses_TK if by_loss else trials.returns_TK) if trials else (1, np.empty(0))
    )
    correlation = mean_correlation(series_TK)

    def shown(bars: int, unit: float, measured: float, **of: Any) -> Provable | None:
        now, *later = provable(bars, tries, correlation, now=LEVEL, later=LEVEL, unit=unit)
        after = tuple((effect.more, effect.even) for effect in later)
        made = Provable(half=now.even, ninety=now.likely, measured=measured, later=after, **of)
        return made if math.isfinite(made.ninety) and math.isfinite(made.measured) else None

    if by_loss:
        assert rival is not None
        own_T, other_T = _losses(evidence, rival.name)
        test = mean_test(other_T - own_T, evidence.horizon_bars)
        unit = test.standard_error * math.sqrt(test.n) / float(other_T.mean())
        return shown(test.n, unit, rival.gain, statistic="loss", baseline=rival.name)
    returns_T, year = known(evidence.returns_T), math.sqrt(evidence.bars_per_year)
    return shown(len(returns_T), year, sharpe_ratio(returns_T, evidence.bars_per_year), statistic="sharpe")


def _first(evidence: Evidence) -> Iterator[str]:
    """A book that was under water for years, and last folds that fail."""
    if evidence.has_portfolio and np.any(np.nan_to_num(evidence.returns_T)):
        yield from _under_water(evidence)
    folds = [int(fold) for fold in distinct(evidence.test.fold_M)]
    if len(folds) < 4:
        return
    failing = {
        "the forecast is no better than the training mean": [_skill(evidence, fold) > 0 for fold in folds],
        "the portfolio lost": [_earned(evidence, fold) >= 0 for fold in folds] if evidence.has_portfolio else [True],
    }
    for what, held in failing.items():
        last = next((count for count, good in enumerate(reversed(held)) if good), len(held))
        if last >= 2:
            since = _rows(evidence.test, folds[-last]).timestamps_M[0].astype("datetime64[D]")
            yield f"In its last {last} of {len(folds)} folds, from {since} on, {what}."


def _under_water(evidence: Evidence) -> Iterator[str]:
    wealth_T = np.cumsum(np.log1p(np.maximum(np.nan_to_num(evidence.returns_T), -0.999999)))
    peak_T = np.maximum.accumulate(np.maximum(wealth_T, 0.0))
    last_T = np.maximum.accumulate(np.where(wealth_T >= peak_T, np.arange(len(wealth_T)), 0))
    below_T = np.arange(len(wealth_T)) - last_T
    end = int(below_T.argmax())
    years, whole = below_T[end] / evidence.bars_per_year, len(wealth_T) / evidence.bars_per_year
    if years < LONG_YEARS and below_T[end] < len(wealth_T) / 2:
        return
    now = ", and still is at the end" if end == len(wealth_T) - 1 else ""
    since = ""
    if len(evidence.stamps_T) == len(wealth_T):
        since = f", from {evidence.stamps_T[end - below_T[end]].astype('datetime64[D]')} on"
    yield f"The portfolio was under water for {years:.1f} of {whole:.1f} years{since}{now}."


def _skill(evidence: Evidence, fold: int) -> float:
    """1 - loss / loss of the training mean in a fold."""
    rows = _rows(evidence.test, fold)
    with np.errstate(all="ignore"):
        own_M, mean_M = (loss(evidence.kind, rows.target_M, f_M) for f_M in (rows.forecast_M, rows.train_mean_M))
    both_M = np.isfinite(own_M) & np.isfinite(mean_M)
    mean = float(mean_M[both_M].sum())
    return 1 - float(own_M[both_M].sum()) / mean if mean > 0 else math.nan


def _earned(evidence: Evidence, fold: int) -> float:
    """What the portfolio earned between the first and the last decision of a fold."""
    stamps_M = _rows(evidence.test, fold).timestamps_M
    if len(evidence.stamps_T) != len(evidence.returns_T) or not len(stamps_M):
        return 0.0
    inside_T = (evidence.stamps_T > stamps_M[0]) & (evidence.stamps_T <= stamps_M[-1])
    return float(np.log1p(np.maximum(np.nan_to_num(evidence.returns_T[inside_T]), -0.999999)).sum())


def _rows(scored: Scored, fold: int) -> Scored:
    rows_M = scored.fold_M == fold
    return replace(
        scored,
        timestamps_M=scored.timestamps_M[rows_M],
        symbols_M=scored.symbols_M[rows_M],
        fold_M=scored.fold_M[rows_M],
        forecast_M=scored.forecast_M[rows_M],
        target_M=scored.target_M[rows_M],
        train_mean_M=scored.train_mean_M[rows_M],
        baselines={},
        lower_M=None,
        upper_M=None,
        outputs=None,
        values_MO=None,
        targets_MK=None,
    )
