"""What the figures of a run can bear: every statistic with one sentence for those who are no statisticians."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from components.statistics.comparison import predictive_accuracy
from components.statistics.deflation import Deflated, deflated_ratio, independent_trials
from components.statistics.forecast import loss
from components.statistics.multiple import benjamini_hochberg, holm
from components.statistics.newey_west import MeanTest
from components.statistics.overfitting import backtest_overfitting
from components.statistics.sharpe import (
    SharpeSample,
    deflated_sharpe,
    expected_maximum,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_sample,
    standard_error,
)
from components.statistics.snooping import superior_ability
from components.statistics.stepwise import family_test
from components.values import Evidence, Trials

CONFIDENCE = 0.95
TWO_SIDED_95 = 1.959963984540054
BLOCKS = 16
DRAWS = 500
FAMILY_DRAWS = 2000
"""As many as the strict gates draw, so that both say the same."""
BLOCK_BARS = 40


@dataclass(frozen=True, kw_only=True)
class Figure:
    """name: key of --json; shown: the value as text; says: one sentence for everyone."""

    name: str
    label: str
    value: float
    shown: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Tries:
    """What the tries amount to. trials: as told or as columns; effective: independent ones they are worth;
    variance: of their Sharpe ratios per period; strict: the ratio against the best of the effective ones with the
    variance under the null; pbo, loss: probabilities of overfitting and of a loss; step: family-wise p-value of the try
    that is judged; None without their returns."""

    trials: int
    effective: float
    variance: float
    because: str
    strict: Deflated | None = None
    pbo: float | None = None
    loss: float | None = None
    step: float | None = None


def figures(sample: SharpeSample, periods: float, tries: Tries | None) -> list[Figure]:
    """Every figure with its sentence; annualised by the square root of the periods per year."""
    year = math.sqrt(periods)
    error = standard_error(sample, sample.sharpe)
    low, high = ((sample.sharpe + side * TWO_SIDED_95 * error) * year for side in (-1, 1))
    psr_2012, psr_2025 = (probabilistic_sharpe(sample, 0.0, how) for how in ("observed", "hypothesised"))
    needed = minimum_track_record(sample, 0.0, CONFIDENCE)
    annual = sample.sharpe * year
    return [
        Figure(
            name="sharpe",
            label="Sharpe, a year",
            value=annual,
            shown=f"{annual:.2f}",
            says="Reward per unit of risk, as it was measured; luck included.",
        ),
        Figure(
            name="sharpe_low", label="Sharpe, 95 % from", value=low, shown=f"{low:.2f}", says=_interval_says(low, high)
        ),
        Figure(
            name="sharpe_high",
            label="Sharpe, 95 % to",
            value=high,
            shown=f"{high:.2f}",
            says="Upper end of that range.",
        ),
        Figure(
            name="psr_2012",
            label="PSR (2012)",
            value=psr_2012,
            shown=_percent(psr_2012),
            says=f"Chance-adjusted confidence that the true ratio is above zero, for one single try{_enough(psr_2012)}",
        ),
        Figure(
            name="psr_2025",
            label="PSR (2025)",
            value=psr_2025,
            shown=_percent(psr_2025),
            says="The same by the newer convention: how rarely a worthless strategy looks no better.",
        ),
        Figure(
            name="min_trl",
            label="MinTRL, periods",
            value=needed,
            shown=f"{needed:,.0f}" if math.isfinite(needed) else "never",
            says=_record_says(needed, sample.n, periods),
        ),
        *(_deflated(sample, year, tries) if tries else ()),
    ]


def _deflated(sample: SharpeSample, year: float, tries: Tries) -> Iterator[Figure]:
    luck = math.sqrt(tries.variance) * expected_maximum(tries.trials)
    dsr = deflated_sharpe(sample, trials_variance=tries.variance, n_trials=tries.trials)
    yield Figure(
        name="expected_maximum",
        label="Luck's best, a year",
        value=luck * year,
        shown=f"{luck * year:.2f}",
        says="The Sharpe ratio that the best of so many worthless tries, as dispersed as these, shows on average.",
    )
    yield Figure(
        name="dsr",
        label="DSR (2014)",
        value=dsr,
        shown=_percent(dsr),
        says=f"Confidence that the true ratio is above luck's best, as published: every try counts{_enough(dsr)}",
    )
    yield Figure(
        name="effective_trials",
        label="Independent tries",
        value=tries.effective,
        shown=f"{tries.effective:.1f}",
        says=f"What {_counted(tries.trials)} worth: variants of one idea count as little more than one.",
    )
    if tries.strict is not None:
        confidence = tries.strict.confidence
        hurdle = f"{tries.strict.hurdle * year:.2f}"
        yield Figure(
            name="dsr_strict",
            label="DSR (strict)",
            value=confidence,
            shown=_percent(confidence),
            says=f"The same against the best of the independent ones by chance alone, {hurdle} a year"
            f"{_enough(confidence)}",
        )
    if tries.step is not None:
        yield Figure(
            name="stepm",
            label="StepM, p",
            value=tries.step,
            shown=f"{tries.step:.3f}",
            says="The judge of the strict gates: how likely luck alone shows as much somewhere among these tries; at "
            "most 0.045 is asked for.",
        )
    if tries.pbo is not None and tries.loss is not None:
        says = "How often the best try of one half of history is in the lower half of the tries in the other; 50 % is"
        yield Figure(name="pbo", label="PBO", value=tries.pbo, shown=_percent(tries.pbo), says=f"{says} blind choice.")
        says = "How often the best try of one half of history loses money in the other."
        yield Figure(name="loss", label="Loss elsewhere", value=tries.loss, shown=_percent(tries.loss), says=says)


def _counted(tries: int) -> str:
    return "the one try is" if tries == 1 else f"the {tries:,} tries are"


def _interval_says(low: float, high: float) -> str:
    if low > 0:
        return "The true ratio lies between these two with 95 % confidence; zero is outside."
    if high < 0:
        return "The true ratio lies between these two with 95 % confidence: it loses."
    return "The true ratio lies between these two with 95 % confidence: it may well be zero."


def _enough(confidence: float) -> str:
    return "." if confidence >= CONFIDENCE else "; 95 % is what one asks for."


def _record_says(needed: float, n: int, periods: float) -> str:
    if not math.isfinite(needed):
        return "No record is long enough: the measured ratio is not above zero."
    years = f"{needed / periods:.1f} years"
    if needed <= n:
        return f"Periods needed to be 95 % sure that it is above zero ({years}); the {n:,} at hand suffice."
    return f"Periods needed to be 95 % sure that it is above zero ({years}); the {n:,} at hand are too few."


def _percent(probability: float) -> str:
    if 0.9995 <= probability < 1:
        return "> 99.9 %"
    if 0 < probability < 0.0005:
        return "< 0.1 %"
    return f"{probability:.1%}".replace("%", " %")


def run_figures(evidence: Evidence) -> list[dict[str, Any]]:
    """Every statistic of a run as plain values, for statistics.json and the report."""
    found = [*_forecast_figures(evidence), *_portfolio_figures(evidence)]
    return [{**asdict(figure), "value": _finite(figure.value)} for figure in found]


def _forecast_figures(evidence: Evidence) -> Iterator[Figure]:
    tests = {name: _against(evidence, name) for name in evidence.test.baselines}
    tests = {name: test for name, test in tests.items() if not math.isnan(test.t)}
    p_K = np.array([test.p_greater for test in tests.values()])
    for (name, test), by_holm, by_bh in zip(tests.items(), holm(p_K), benjamini_hochberg(p_K), strict=True):
        yield Figure(
            name=f"dm_{name}",
            label=f"DM against {name}, t",
            value=test.t,
            shown=f"{test.t:.2f}",
            says=f"{_dm_says(test, name)} p = {test.p_greater:.3f}"
            + (
                f"; with {len(tests)} baselines looked at, {by_holm:.3f} (Holm) or {by_bh:.3f} (Benjamini-Hochberg)."
                if len(tests) > 1
                else "."
            ),
        )
    for name, label in (("ic", "IC"), ("rank_ic", "Rank IC")):
        value, t = (evidence.metrics.get(f"test/{name}{suffix}", math.nan) for suffix in ("", "_t"))
        if not math.isnan(value):
            says = (
                f"How well symbols are ranked on an average date, from -1 to 1; its Newey-West t is {t:.1f}, and from "
                "about 1.7 on luck is an unlikely explanation."
            )
            yield Figure(name=name, label=label, value=value, shown=f"{value:.4f}", says=says)


def _against(evidence: Evidence, baseline: str) -> MeanTest:
    scored = evidence.test
    forecasts = (scored.forecast_M, scored.baselines[baseline])
    own_M, other_M = (loss(evidence.kind, scored.target_M, forecast_M) for forecast_M in forecasts)
    return predictive_accuracy(own_M, other_M, scored.timestamps_M, horizon_bars=evidence.horizon_bars)


def _dm_says(test: MeanTest, name: str) -> str:
    if test.p_greater <= 1 - CONFIDENCE:
        return f"Diebold-Mariano: forecast errors are smaller than those of {name} by more than luck explains,"
    if test.mean > 0:
        return f"Diebold-Mariano: forecast errors are smaller than those of {name}, but luck may explain it,"
    return f"Diebold-Mariano: forecast errors are no smaller than those of {name},"


def _portfolio_figures(evidence: Evidence) -> Iterator[Figure]:
    sample = sharpe_sample(evidence.returns_T)
    if math.isnan(sample.sharpe) or evidence.trials is None:
        return
    tries = _tries_of(evidence, evidence.trials) if evidence.trials.count > 1 else None
    yield from figures(sample, evidence.bars_per_year, tries)
    returns_TK, own = evidence.trials.returns_TK, evidence.trials.own
    if own is None or returns_TK.shape[1] < 2 or len(returns_TK) < 2 * BLOCKS:
        return
    spa = superior_ability(returns_TK, block_bars=float(BLOCK_BARS), n_draws=DRAWS, seed=evidence.seed).consistent
    found = family_test(
        returns_TK, own, overlap_bars=1, n_draws=FAMILY_DRAWS, seed=evidence.seed, silent=evidence.trials.silent
    )
    k = returns_TK.shape[1]
    yield Figure(
        name="spa",
        label="SPA, p",
        value=spa,
        shown=f"{spa:.3f}",
        says=f"Hansen's test: how likely the best of {k:,} worthless tries looks as good as the best one here.",
    )
    yield Figure(
        name="stepm",
        label="StepM, p",
        value=float(found.p_K[own]),
        shown=f"{found.p_K[own]:.3f}",
        says=f"The same for this very run; {int((found.p_K <= 1 - CONFIDENCE).sum()):,} of {k:,} tries earn more than "
        "luck explains.",
    )


def _tries_of(evidence: Evidence, trials: Trials) -> Tries:
    """The tries of the family as its portfolio sees them."""
    ratios = [sharpe_sample(column_T).sharpe for column_T in trials.returns_TK.T]
    known = [ratio for ratio in ratios if not math.isnan(ratio)]
    effective = independent_trials(trials.returns_TK, trials.silent)
    comparable = len(known) >= 2 and len(known) == len(ratios) and len(trials.returns_TK) >= 2 * BLOCKS
    found = backtest_overfitting(trials.returns_TK, n_blocks=BLOCKS) if comparable else None
    chance = standard_error(sharpe_sample(evidence.returns_T), 0.0, "hypothesised") ** 2
    return Tries(
        trials=trials.count,
        effective=effective,
        variance=float(np.var(known, ddof=1)) if len(known) >= 2 else chance,
        because="from the ledger",
        strict=deflated_ratio(evidence.returns_T, effective),
        pbo=found.probability if found else None,
        loss=found.loss_probability if found else None,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
