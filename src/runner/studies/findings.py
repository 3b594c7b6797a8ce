"""What the results of a study say, in numbers: by arm, by difference of arms, by way of choosing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from runner.composition.figures import metrics
from runner.studies.choosing import HINDSIGHT, NOBODY, RULES, by_validation, chosen, got
from runner.studies.estimates import Estimate, mean_of, share_of
from runner.studies.results import Result, Values
from runner.studies.study import Study

NOTHING: Mapping[str, float] = {
    "auc": 0.5,
    "correlation": 0.0,
    "ic": 0.0,
    "r2": 0.0,
    "r2_train_mean": 0.0,
    "rank_ic": 0.0,
}
"""What a forecast that knows nothing has on average."""
SURE = 0.95
REJECTED = "rejected"
FEWEST_CASES = 5
"""Of which a mean over cases is worth its interval."""
Results = Mapping[tuple[str, str, int], Result]


@dataclass(frozen=True, kw_only=True)
class Group:
    """The results of one arm in one case, a draw each, D of them."""

    study: Study
    arm: str
    case: str
    results: Sequence[Result]

    @cached_property
    def better(self) -> int:
        return metrics()[self.study.metric].better

    @property
    def name(self) -> str:
        return ", ".join(part for part in (self.case, self.arm if len(self.study.arms) > 1 else "") if part)

    @property
    def trials(self) -> int:
        return sum(len(result.trials) for result in self.results)

    def of_chosen(self, column: Callable[[Result], Values]) -> Values:
        """(D,) a figure of the trials that are best on validation spans."""
        places = [chosen(result.trials, by_validation, self.better) for result in self.results]
        found = []
        for result, place in zip(self.results, places, strict=True):
            values = column(result)
            found.append(values[place] if place is not None and values else None)
        return tuple(found)

    def by_rule(self, rule: str, outcome: Callable[[Result], Values]) -> Values:
        """(D,) what the rule's choice comes to."""
        return tuple(got(result.trials, rule, outcome(result), self.better) for result in self.results)

    @cached_property
    def promised(self) -> Estimate:
        return mean_of(self.of_chosen(valid))

    @cached_property
    def kept(self) -> Estimate:
        return mean_of(self.of_chosen(test))

    @cached_property
    def later(self) -> Estimate:
        return mean_of(self.of_chosen(later))

    @cached_property
    def sharpe(self) -> Estimate:
        return mean_of(self.of_chosen(sharpe))

    @cached_property
    def looks_good(self) -> Estimate:
        """Share of the searches whose chosen trial has a PSR above 95 %."""
        return share_of(sum((value or 0.0) > SURE for value in self.of_chosen(psr)), len(self.results))

    @cached_property
    def accepted(self) -> Estimate:
        """Share of the searches whose verdict is not: rejected."""
        levels = [result.chosen.level if result.chosen else REJECTED for result in self.results]
        return share_of(sum(level != REJECTED for level in levels), len(levels))

    def rule(self, rule: str) -> Estimate:
        """Mean outcome of a way to choose."""
        return mean_of(self.by_rule(rule, outcome))

    def against(self, rule: str, other: str) -> Estimate:
        """By how much a way to choose is better than another, of the same searches."""
        return mean_of(_minus(self.by_rule(rule, outcome), self.by_rule(other, outcome))).turned(self.better)


def valid(result: Result) -> Values:
    return result.trials.valid


def test(result: Result) -> Values:
    return result.trials.test


def later(result: Result) -> Values:
    return result.trials.later


def sharpe(result: Result) -> Values:
    return result.trials.sharpe


def psr(result: Result) -> Values:
    return result.trials.psr


def outcome(result: Result) -> Values:
    """What no rule has read: later bars; without them the test spans, which the validation metric alone has not."""
    return result.trials.later or result.trials.test


def groups(study: Study, results: Results) -> list[Group]:
    """Every arm in every case that has a result, in the order of the study."""
    found = []
    for case in study.cases:
        for arm in study.arms:
            own = [result for (of_arm, of_case, _), result in results.items() if (of_arm, of_case) == (arm, case)]
            if own:
                found.append(Group(study=study, arm=arm, case=case, results=own))
    return found


def choices(study: Study, found: Sequence[Group]) -> list[Group]:
    """Those groups in which ways to choose are compared: with several draws each, or all cases together."""
    searches = [group for group in found if group.trials > len(group.results)]
    if study.n_draws > 1:
        return [group for group in searches if len(group.results) > 1]
    cases = [[group for group in searches if group.arm == arm] for arm in study.arms]
    return [
        Group(study=study, arm=own[0].arm, case=f"{len(own)} cases", results=[group.results[0] for group in own])
        for own in cases
        if len(own) >= FEWEST_CASES
    ]


def rules(study: Study) -> tuple[str, ...]:
    """Ways to choose that can be compared: what reads the test spans needs later bars to be judged on."""
    fair = tuple(RULES) if study.later is not None else tuple(RULES)[:2]
    return (*fair, NOBODY, HINDSIGHT)


def difference(first: Group, other: Group) -> Estimate:
    """By how much the other arm is better on the test spans: paired by draw, or by fold where there is one draw."""
    if len(first.results) > 1:
        drawn = {result.draw: value for result, value in zip(first.results, first.of_chosen(test), strict=True)}
        pairs = zip(other.results, other.of_chosen(test), strict=True)
        both = [(drawn[result.draw], value) for result, value in pairs if result.draw in drawn]
    else:
        folds = [group.results[0].chosen.folds if group.results[0].chosen else () for group in (first, other)]
        both = list(zip(*folds, strict=False)) if len(folds[0]) == len(folds[1]) else []
    return mean_of(_minus([own for _, own in both], [base for base, _ in both])).turned(first.better)


def _minus(own: Sequence[float | None], other: Sequence[float | None]) -> Values:
    pairs = zip(own, other, strict=True)
    return tuple(None if a is None or b is None else a - b for a, b in pairs)
