"""What each figure means, in one sentence for readers who are no statisticians."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.composition.figures import metrics

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


def shown(figures: Iterable[str], says: Iterable[str]) -> tuple[Meaning, ...]:
    """Meanings of the figures with these flat names, then of the terms that the gates' sentences use."""
    names = {name.rpartition("/")[2] for name in figures}
    known = [Meaning(label=metric.label, says=metric.says) for name, metric in metrics().items() if name in names]
    text = "\n".join(says)
    terms = [Meaning(label=name, says=meaning) for name, (used, meaning) in TERMS.items() if re.search(used, text)]
    return (*known, *terms)
