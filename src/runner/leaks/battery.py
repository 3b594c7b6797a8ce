"""Which leak tests a run makes, and which the verb `leaktest` makes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from components.errors import AssayError
from components.values import LeakFinding, LeakReport
from runner.compute.pipeline import Executed, Prepared
from runner.leaks import inputs
from runner.leaks.future import future
from runner.leaks.history import warm_up
from runner.leaks.refits import refit, replay, shuffled
from runner.leaks.rescale import rescale
from runner.leaks.source import quality, source, testable
from runner.leaks.static import static
from runner.leaks.subject import Subject, merged, spread_folds
from runner.specification.experiment import Experiment

Hears = Callable[[int, int], None]
QUICK_FOLDS = 2
QUICK_DATES = 60


def quick_battery(prepared: Prepared, executed: Executed, *, experiment: Experiment) -> LeakReport:
    """What is cheap: nothing is loaded or fitted again, and of the inputs some symbols are looked at."""
    return _report(Subject(experiment=experiment, prepared=prepared, executed=executed), _quick, "some")


def whole_battery(prepared: Prepared, executed: Executed, *, experiment: Experiment) -> LeakReport:
    """The same with every row of every field and feature: what gates that ask for every row judge."""
    return _report(Subject(experiment=experiment, prepared=prepared, executed=executed), _whole, "all")


def inputs_battery(prepared: Prepared, executed: Executed, *, experiment: Experiment) -> LeakReport:
    """Every row of every field and feature, and nothing else: what a promotion adds to a run's own tests."""
    return _report(Subject(experiment=experiment, prepared=prepared, executed=executed), _inputs, "all")


def full_battery(
    prepared: Prepared, executed: Executed, *, experiment: Experiment, told: Hears | None = None
) -> LeakReport:
    """Every test; models are fitted again, which writes nothing down and is no trial. told: how many are made."""
    return _report(Subject(experiment=experiment, prepared=prepared, executed=executed), _full, "all", told)


def _report(
    subject: Subject,
    tests: Callable[[Subject], Iterator[tuple[str, Iterator[LeakFinding]]]],
    seen: inputs.Seen,
    told: Hears | None = None,
) -> LeakReport:
    return replace(
        merged(_made(list(tests(subject)), told)), seen=(inputs.what_was_seen(subject, seen),), whole=seen == "all"
    )


def _made(
    tests: Sequence[tuple[str, Iterator[LeakFinding]]], told: Hears | None
) -> list[tuple[str, list[LeakFinding] | None, str]]:
    """(test, findings, why it could not be made): a component may refuse bars that it would not meet alive."""
    made: list[tuple[str, list[LeakFinding] | None, str]] = []
    for done, (name, found) in enumerate(tests, start=1):
        try:
            made.append((name, list(found), ""))
        except AssayError as error:
            made.append((name, None, str(error)))
        if told is not None:
            told(done, len(tests))
    return made


def _quick(subject: Subject) -> Iterator[tuple[str, Iterator[LeakFinding]]]:
    yield from _stages(subject)
    yield inputs.NAME, inputs.fields(subject, seen="some")


def _whole(subject: Subject) -> Iterator[tuple[str, Iterator[LeakFinding]]]:
    yield from _stages(subject)
    yield from _inputs(subject)


def _inputs(subject: Subject) -> Iterator[tuple[str, Iterator[LeakFinding]]]:
    yield inputs.NAME, chain(inputs.fields(subject), inputs.features(subject))


def _stages(subject: Subject) -> Iterator[tuple[str, Iterator[LeakFinding]]]:
    folds = spread_folds(subject.folds, QUICK_FOLDS)
    yield "static", static(subject)
    yield "cut", future(subject, "cut", folds, dates=QUICK_DATES)
    yield "poison", future(subject, "poison", folds, dates=QUICK_DATES)
    yield "replay", replay(subject, folds[:1])
    yield "rescale", rescale(subject, folds[:1], dates=QUICK_DATES)


def _full(subject: Subject) -> Iterator[tuple[str, Iterator[LeakFinding]]]:
    yield "static", static(subject)
    yield "cut", future(subject, "cut", subject.folds)
    yield "poison", future(subject, "poison", subject.folds)
    yield "replay", replay(subject, subject.folds)
    yield "rescale", rescale(subject, subject.folds)
    yield "inputs", chain(inputs.fields(subject), inputs.features(subject))
    if testable(subject.experiment.data):
        yield "source", source(subject)
    yield "quality", quality(subject)
    yield "warm-up", warm_up(subject)
    yield "refit", refit(subject)
    yield "shuffled", shuffled(subject)
