"""What each figure means, in one sentence for readers who are no statisticians."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.report import notation

FIGURES = {
    "r2": "Share of the ups and downs of the outcome that the forecast explains: 1 is perfect, 0 is no better than "
    "having known the average, below 0 is worse.",
    "r2_train_mean": "The same against the average of the training years, which a forecaster could really have known.",
    "mse": "Average of the squared distance between forecast and outcome; large misses weigh most.",
    "rmse": "Typical size of a miss in the unit of the outcome, large misses weighing most.",
    "mae": "Average size of a miss in the unit of the outcome.",
    "qlike": "Loss made for variances: it punishes forecasts of too little risk more than of too much.",
    "bias": "How much the forecast is too high (above 0) or too low (below 0) on average.",
    "correlation": "Whether forecast and outcome rise and fall together: 1 always, 0 unrelated, -1 always opposed.",
    "calibration_slope": "How much the outcome moves when the forecast moves by 1; below 1 forecasts are too bold.",
    "variance_ratio": "How lively the forecasts are against the outcomes; near 0 the model hardly ever moves.",
    "direction_accuracy": "Share of moves whose sign was forecast right; a coin gets about one half.",
    "accuracy": "Share of calls that were right; to be held against the base rate, not against one half.",
    "base_rate": "What somebody would get right who always says what happens more often.",
    "positive_share": "How often the model says 'up'; far from how often it happens, the model is one-sided.",
    "log_loss": "How badly the stated probabilities fit what happened; sure and wrong costs most.",
    "brier": "Average squared distance between the stated probability and what happened, 0 or 1.",
    "calibration_error": "How far stated probabilities are from how often it then happened, on average.",
    "interval_coverage": "Share of outcomes inside their forecast interval; to be held against the share it promises.",
    "interval_width": "How wide the forecast intervals are on average; narrow ones that keep their promise are better.",
    "interval_score": "Width of the intervals plus a fine for each outcome outside; lower is better.",
    "auc": "Chance that a day which rose had been given a higher probability than one which fell; a coin has 0.5.",
    "ic": "Whether symbols that were forecast higher than others on a date also did better, averaged over the dates.",
    "ic_t": "How many standard errors the mean IC is away from zero; above about 2 luck is an unlikely explanation.",
    "rank_ic": "The same for the order of the symbols alone: 1 is the right order, 0 a shuffled one; 0.02 to 0.05 is "
    "what honest daily forecasts reach.",
    "rank_ic_t": "How many standard errors the mean rank IC is away from zero; above about 2 luck is unlikely.",
    "sharpe": "Return per unit of risk, a year; holding a stock index has given about 0.4.",
    "sortino": "Like the Sharpe ratio, but only losses count as risk.",
    "cagr": "Growth of the account per year, compounded, after costs.",
    "volatility": "Typical size of the account's ups and downs in a year.",
    "max_drawdown": "The worst fall from a peak that one would have had to sit through.",
    "calmar": "Return per year over the worst fall.",
    "omega": "All gains over all losses; 1 is a zero-sum game.",
    "hit_rate": "Share of bars with a gain; says nothing about their size.",
    "total_return": "What the account gained over the whole record.",
    "psr": "How sure one can be that the true Sharpe ratio is above 0, given the length of the record, its skew and "
    "its fat tails; it knows nothing of how many tries there were.",
    "exposure_gross": "Money in positions, long and short added, as a share of the account.",
    "exposure_net": "Long minus short, as a share of the account: how much of the market one holds.",
    "n_trades": "Number of fills; a result that rests on few trades rests on little.",
    "turnover_annual": "How often the account is bought and sold over in a year.",
    "cost_annual": "What trading and holding cost in a year, as a share of the account.",
    "years": "Length of the record.",
}

TERMS: Mapping[str, tuple[str, str]] = {
    "t": (
        r"\bt = ",
        "How many standard errors a figure is away from 'no effect'; the larger, the less luck explains it.",
    ),
    "p": (
        r"\bp [=<] ",
        "How often luck alone would do at least as well; 0.05 is once in twenty worthless models.",
    ),
    "Diebold–Mariano test (DM)": (
        r"than those of",
        "Compares the errors of two forecasts date by date, and asks whether the difference is more than luck.",
    ),
    "Probabilistic Sharpe ratio (PSR)": (
        r"sure to exceed",
        "How sure one can be that the true Sharpe ratio exceeds a hurdle, as short and wild records prove little.",
    ),
    "Minimum track record length (MinTRL)": (
        r"[Rr]ecord of .* would suffice",
        "How long a record must be before the same result is convincing.",
    ),
    "Deflated Sharpe ratio (DSR)": (
        r"(?i)\bDSR\b|deflated|best of [\d,]+ tries",
        "The PSR against the Sharpe ratio that the luckiest of all tries would show if none of them were any good.",
    ),
    "Superior predictive ability (SPA)": (
        r"\bSPA\b|(?i:superior predictive ability|more than picking the best)",
        "Whether the best of all tries beats the benchmark by more than the best of as many worthless ones would.",
    ),
    "Probability of backtest overfitting (PBO)": (
        r"\bPBO\b|(?i:overfitting|ways to halve it)",
        "How often the try that looked best on one half of the history is below average on the other half.",
    ),
    "Information coefficient (IC)": (
        r"information coefficient",
        "Whether symbols that were forecast higher than others on a date also did better.",
    ),
    "Resampled histories": (
        r"resampled histories",
        "The record cut into blocks and put together again at random, many times: what luck could have made of it.",
    ),
    "Market regimes": (
        r"market regimes",
        "The dates sorted by how calm and by how well the market had been until then.",
    ),
    "Bits of entropy": (
        r"bits of entropy",
        "How mixed the calls are: 1 where 'up' and 'not up' are said equally often, 0 where only one is.",
    ),
    "Intervals": (
        r"in their intervals",
        "Ranges that promise to hold the outcome with a stated share; honest ones keep that promise.",
    ),
}
"""name -> (pattern of the sentences in which it is used, meaning)."""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """One figure or term with its sentence."""

    label: str
    says: str


def shown(metrics: Iterable[str], says: Iterable[str]) -> tuple[Meaning, ...]:
    """Meanings of the figures with these flat names, then of the terms that the gates' sentences use."""
    names = {name.rpartition("/")[2] for name in metrics}
    figures = [
        Meaning(label=notation.describe(name).label, says=meaning) for name, meaning in FIGURES.items() if name in names
    ]
    text = "\n".join(says)
    terms = [Meaning(label=name, says=meaning) for name, (used, meaning) in TERMS.items() if re.search(used, text)]
    return (*figures, *terms)
