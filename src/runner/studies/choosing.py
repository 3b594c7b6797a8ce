"""Ways to choose one trial of a search, and what each would have got."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist

from components.statistics.sharpe import expected_maximum, normal_cdf
from runner.studies.results import Trials, Values

NOBODY = "any trial"
HINDSIGHT = "hindsight"
Rule = Callable[[Trials, int], Values]
Outcome = Callable[[Trials], Values]


def by_validation(trials: Trials, better: int) -> Values:
    """The metric on the validation spans."""
    return _signed(trials.valid, better)


def by_stability(trials: Trials, better: int) -> Values:
    """Mean over standard deviation of the metric of single validation spans: good everywhere rather than on average."""
    return _signed(trials.steady, better)


def by_deflated_sharpe(trials: Trials, better: int) -> Values:
    """The deflated Sharpe ratio as published of the backtest on the test spans, all trials of the search counted.

    From the Sharpe ratio S and its PSR = Phi(S / s) follows its standard error s, and DSR = Phi((S - best) / s), with
    the best of as many worthless trials. None where a ratio is unknown or zero, or its PSR 0 or 1 to the last digit.
    """
    del better  # more is better, whatever the metric
    known = [value for value in trials.sharpe if value is not None]
    if len(known) < 2:
        return tuple(None for _ in trials.sharpe)
    best = statistics.stdev(known) * expected_maximum(len(known))
    return tuple(_deflated(s, p, best) for s, p in zip(trials.sharpe, trials.psr, strict=True))


RULES: Mapping[str, Rule] = {
    "validation metric": by_validation,
    "stability over validation folds": by_stability,
    "deflated Sharpe ratio": by_deflated_sharpe,
}
"""What trials may be chosen by before anybody sees how they fare later."""


def chosen(trials: Trials, rule: Rule, better: int) -> int | None:
    """Position of the trial that the rule prefers; None where it knows of none."""
    scores = rule(trials, better)
    known = [i for i, score in enumerate(scores) if score is not None]
    return max(known, key=lambda i: scores[i] or 0.0, default=None)


def got(trials: Trials, rule: str, outcome: Values, better: int) -> float | None:
    """The outcome of what a rule chooses; of any trial, the mean; in hindsight, the best."""
    known = [value for value in outcome if value is not None]
    if not known:
        return None
    if rule == NOBODY:
        return statistics.fmean(known)
    if rule == HINDSIGHT:
        return better * max(better * value for value in known)
    place = chosen(trials, RULES[rule], better)
    return None if place is None else outcome[place]


def _signed(values: Sequence[float | None], better: int) -> Values:
    return tuple(None if value is None else better * value for value in values)


def _deflated(sharpe: float | None, psr: float | None, best: float) -> float | None:
    if sharpe is None or psr is None or not 0 < psr < 1:
        return None
    errors = NormalDist().inv_cdf(psr)  # how many standard errors the ratio lies above zero
    if errors * sharpe <= 0:
        return None
    return normal_cdf(errors * (1 - best / sharpe))
