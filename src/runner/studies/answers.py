"""The answer of a study in plain words: a sentence for each thing that its figures say, "nothing" included."""

import math
from collections.abc import Iterator, Sequence

from runner.report.notation import describe, write
from runner.studies.choosing import HINDSIGHT, NOBODY
from runner.studies.estimates import Estimate, mean_of
from runner.studies.findings import NOTHING, Group, choices, difference, rules
from runner.studies.study import Study

NOTHING_FOUND = "nothing was found that luck does not explain"


def answers(study: Study, found: Sequence[Group]) -> list[str]:
    """Sentences, whole ones."""
    return [*_answers(study, found)]


def _answers(study: Study, found: Sequence[Group]) -> Iterator[str]:
    compared = choices(study, found)
    yield from (_of_draws(study, group) for group in found if len(group.results) > 1)
    if len(found) == 1 and study.n_draws == 1:
        yield _of_one(study, found[0])
    elif study.n_draws == 1:
        yield from (_of_draws(study, group) for group in compared)
    if len(study.arms) > 1:
        yield from _of_arms(study, found)
    if len(study.arms) > 1 and study.n_draws == 1:
        yield _of_verdicts(study, found)
    yield from (_of_rules(study, group) for group in compared)


def _of_draws(study: Study, group: Group) -> str:
    n, metric = len(group.results), study.metric
    where = f"{group.name}: of" if group.name else "Of"
    text = (
        f"{where} {n:,} searches with {group.trials / n:.0f} trials each, the trial that is best on the validation "
        f"spans promises {_a(metric)} of {interval(metric, group.promised)} and has "
        f"{interval(metric, group.kept)} on the test spans"
    )
    end = group.kept
    if study.later is not None:
        text, end = f"{text} and {interval(metric, group.later)} on bars that no choice has read", group.later
    text += f": {_left(study, end, group.better)}. "
    text += f"Of the chosen trials' backtests {_share(group.looks_good)} have a probabilistic Sharpe ratio above 95 %; "
    return text + f"{_share(group.accepted)} have a verdict other than rejected."


def _left(study: Study, end: Estimate, better: int) -> str:
    if study.metric not in NOTHING or not math.isfinite(end.low):
        return "that is what is left of it"
    nothing = NOTHING[study.metric]
    if end.turned(better).above(better * nothing):
        return "something was found"
    return NOTHING_FOUND if not end.turned(better).below(better * nothing) else "it is worse than knowing nothing"


def _of_one(study: Study, group: Group) -> str:
    (result,) = group.results
    if (best := result.chosen) is None:
        return f"{group.name or group.arm}: no trial could be chosen."
    tried = f"Of {group.trials:,} trials the best on the validation spans" if group.trials > 1 else "Its only trial"
    text = (
        f"{f'{group.name}: ' if group.name else ''}{tried} has {_a(study.metric)} of "
        f"{number(study.metric, group.promised.value)} there and {number(study.metric, group.kept.value)} on the test "
        f"spans, with a net Sharpe ratio of {number('sharpe', group.sharpe.value)}: "
        f"{_left(study, mean_of(best.folds), group.better)}. The verdict: {best.level}"
    )
    text += f"; required gates that failed: {', '.join(best.failed)}" if best.failed else ""
    return f"{text}. {best.says}".rstrip()


def _of_verdicts(study: Study, found: Sequence[Group]) -> str:
    told = []
    for arm in study.arms:
        own = [group for group in found if group.arm == arm]
        told.append(f"{sum(group.accepted.value > 0 for group in own)} of {len(own)} {arm}")
    return f"Verdicts other than rejected: {', '.join(told)}."


def _of_arms(study: Study, found: Sequence[Group]) -> Iterator[str]:
    first, *others = study.arms
    for arm in others:
        both = [(_of(found, first, case), _of(found, arm, case)) for case in study.cases]
        pairs = [(base, other) for base, other in both if base is not None and other is not None]
        if pairs:
            richer = sum(other.sharpe.value > base.sharpe.value for base, other in pairs)
            paid = f"Its net Sharpe ratio is higher in {richer} of {len(pairs)}."
            yield f"{arm} against {first}: {_told(study, [difference(base, other) for base, other in pairs])} {paid}"


def _told(study: Study, gains: Sequence[Estimate]) -> str:
    """Of one difference itself; of several how many are sure, the largest, and what would have been seen."""
    metric, n = study.metric, len(gains)
    better, worse = sum(gain.above(0.0) for gain in gains), sum(gain.below(0.0) for gain in gains)
    if n == 1:
        verdict = "better" if better else "worse" if worse else "no difference that luck does not explain"
        return f"{interval(metric, gains[0])} of {_name(metric)}, {verdict}."
    largest = max(gains, key=lambda gain: gain.value)
    halves = sorted((gain.high - gain.low) / 2 for gain in gains if math.isfinite(gain.low))
    text = f"better in {better} of {n} cases and worse in {worse} by more than luck explains"
    text += f"; {NOTHING_FOUND}. " if not better and not worse else "; where nothing differs, luck calls one in 40 so. "
    text += f"The largest difference for the better is {interval(metric, largest)} of {_name(metric)}"
    seen = (
        f"; in half of the cases one of {number(metric, halves[len(halves) // 2])} would have been seen"
        if halves
        else ""
    )
    return f"{text}{seen}."


def _of(found: Sequence[Group], arm: str, case: str) -> Group | None:
    return next((group for group in found if (group.arm, group.case) == (arm, case)), None)


def _of_rules(study: Study, group: Group) -> str:
    fair = [rule for rule in rules(study) if rule not in (NOBODY, HINDSIGHT)]
    means = {rule: group.rule(rule) for rule in fair}
    known = [rule for rule in fair if means[rule].n]
    best = max(known, key=lambda rule: group.better * means[rule].value)
    gain, regret = group.against(best, NOBODY), group.against(HINDSIGHT, best)
    where = f"{group.name}: chosen" if group.name else "Chosen"
    sure = "by more than luck explains" if gain.above(0.0) else "no more than luck explains"
    others = [rule for rule in known if rule != best and group.against(best, rule).above(0.0)]
    text = (
        f"{where} by {best} a search gets most: {interval(study.metric, means[best])}, "
        f"{interval(study.metric, gain)} better than any trial, {sure}; hindsight would have got "
        f"{interval(study.metric, regret)} more. "
    )
    if len(known) == 1:
        return text.rstrip()
    return text + (
        f"It is surely better than {' and '.join(others)}."
        if others
        else "No way to choose is surely better than another."
    )


def _share(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


def _name(metric: str) -> str:
    label = describe(metric).label
    return label if label[1:2].isupper() or "R²" in label else label[:1].lower() + label[1:]


def _a(metric: str) -> str:
    name = _name(metric)
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def number(metric: str, value: float) -> str:
    return write(value, describe(metric).style).replace("-", "−")


def interval(metric: str, estimate: Estimate) -> str:
    """A mean with its interval, where it has one, as its metric is written."""
    value = number(metric, estimate.value)
    if not math.isfinite(estimate.low):
        return value
    return f"{value} ({number(metric, estimate.low)} to {number(metric, estimate.high)})"
