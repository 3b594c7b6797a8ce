"""What a figure's flat name says, and which figures a run of an experiment can have.

valid/NAME, test/NAME                the model's forecasts; NAME_fold_2 on fold 2 alone
valid/BASELINE/NAME, test/...        a baseline's forecasts of the same rows
valid/output/OUTPUT/NAME, test/...   an output of the model that is not decided on: another quantile, another target
backtest/NAME, benchmark/NAME        the portfolio, and the same average exposure held constant
SCENARIO/NAME, as double_costs/...   the portfolio in another world, see conf/robustness
vault/NAME, vault_backtest/NAME ...  the same of the vault, once it was opened
"""

import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from components.contracts import ForecastMetric, Metric, OrderMetric, ReturnMetric
from components.contracts.metric import ACCOUNTS, FORECASTS, SPANS, span_words
from components.errors import ContractError
from components.values import Output, Outputs
from runner.composition.catalog import catalogue
from runner.composition.check import nearest
from runner.composition.schema import class_path, listed, show
from runner.specification.experiment import Experiment

FOLD = re.compile(r"(?P<name>.+)_fold_(?P<fold>\w+)")
PER_FOLD = ("valid/", "test/")
OUTPUT = "output/"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A flat name, read. baseline: or output/OUTPUT; fold: None both where it is of what the model decides on, of all
    folds."""

    metric: Metric
    span: str
    baseline: str | None
    fold: int | None

    @property
    def words(self) -> str:
        """What a sentence calls it: `R² (...) of har on the test spans, fold 2`."""
        of = f" of {self.baseline.replace(OUTPUT, 'the output ')}" if self.baseline else ""
        on = f", fold {self.fold}" if self.fold else ""
        return f"{self.metric.phrase or self.metric.label}{of} {span_words(self.span)}{on}"


def metrics() -> Mapping[str, Metric]:
    """name -> metric, in the order in which tables list them. Raises ContractError where two have one name."""
    return _named(catalogue().metrics)


@functools.cache
def _named(classes: tuple[type[Metric], ...]) -> Mapping[str, Metric]:
    found: dict[str, Metric] = {}
    for cls in classes:
        if other := found.get(cls.name()):
            raise ContractError(
                f"{class_path(cls)}: the metric '{cls.name()}' is {class_path(type(other))} already; rename it"
            )
        found[cls.name()] = cls()
    return {metric.name(): metric for metric in sorted(found.values(), key=lambda m: (m.place, m.name()))}


def figure(name: str) -> Figure | None:
    """What the flat name says; None where it is no figure of any metric."""
    return _read(name, metrics())


def _read(name: str, known: Mapping[str, Metric]) -> Figure | None:
    span, _, rest = name.partition("/")
    baseline, _, last = rest.rpartition("/")
    match = FOLD.fullmatch(last)
    stem, fold = (match["name"], match["fold"]) if match else (last, None)
    metric = known.get(stem)
    if metric is None or (fold is not None and not _is_fold(fold)):
        return None
    if span not in SPANS and not (isinstance(metric, ReturnMetric) and rest == stem):
        return None  # a scenario has figures of returns alone
    return Figure(metric=metric, span=span, baseline=baseline or None, fold=int(fold) if fold else None)


def leading(names: Collection[str], kind: str) -> list[str]:
    """Those metrics that may stand for all figures with a target of this kind, foremost first."""
    return [name for name, metric in metrics().items() if kind in metric.leads and name in names]


def words(names: Iterable[str]) -> dict[str, str]:
    """flat name -> what a sentence calls it, of those that are figures of a metric."""
    known = metrics()
    return {name: found.words for name in names if (found := _read(name, known))}


def lacking(name: str, experiment: Experiment) -> tuple[str, str] | None:
    """Why no run of the experiment has a figure of this name, and a hint; None where one may have it."""
    match = FOLD.fullmatch(name)
    stem, fold = (match["name"], match["fold"]) if match else (name, None)
    last = stem.rpartition("/")[2]
    metric = metrics().get(last)
    own = [] if metric is None else list(_names_of(metric, experiment))
    if metric is None or stem not in own:
        near = nearest(stem, own if metric else _possible(experiment)) or next(iter(own), None)
        return _why(stem, experiment), f"did you mean '{near}'?" if near else ""
    folds = metric.per_fold and stem.startswith(PER_FOLD)
    if fold is None or (folds and _is_fold(fold)):
        return None
    if folds:
        return "folds are numbered from 1", f"did you mean '{stem}_fold_1'?"
    return f"{stem} is not given per fold", f"did you mean '{stem}'?"


def _possible(experiment: Experiment) -> list[str]:
    """Flat names of all that runs of the experiment can have, folds aside."""
    return [name for metric in metrics().values() for name in _names_of(metric, experiment)]


def _names_of(metric: Metric, experiment: Experiment) -> Iterator[str]:
    """Flat names of one metric's figures, folds aside."""
    name = metric.name()
    if not isinstance(metric, ForecastMetric | OrderMetric):
        worse = experiment.robustness if isinstance(metric, ReturnMetric) else ()
        yield from (f"{span}/{name}" for span in (*ACCOUNTS, *worse))
    elif not _unfit(metric, experiment):
        of_interval = isinstance(metric, ForecastMetric) and metric.needs_intervals
        spans = [span for span in FORECASTS if not (of_interval and span == "valid")]
        yield from (f"{span}/{owner}{name}" for span in spans for owner in _owners(metric, experiment))


def _owners(metric: ForecastMetric | OrderMetric, experiment: Experiment) -> Iterator[str]:
    """Whose figure it can be, each with a stroke behind it; empty: of what the model decides on."""
    yield ""
    if not isinstance(metric, ForecastMetric) or not (metric.needs_intervals or metric.needs_quantiles):
        yield from (f"{baseline}/" for baseline in experiment.baselines)
    outputs = _outputs(experiment)
    for place, output in enumerate(outputs.columns):
        if place != outputs.decision and fits_further(metric, output):
            yield f"{OUTPUT}{output.name}/"


def _outputs(experiment: Experiment) -> Outputs:
    """Columns of the forecasts, horizons aside."""
    made = experiment.loss.head.outputs(dict.fromkeys(experiment.target.columns(), 1))
    coverage = experiment.calibration.interval_coverage()
    return made if coverage is None else made.with_interval(coverage)


def has_intervals(experiment: Experiment) -> bool:
    """Whether loss or calibration makes intervals of the experiment's forecasts."""
    return _outputs(experiment).interval is not None


def fits_further(metric: Metric, output: Output) -> bool:
    """Whether the metric is given of an output that is not decided on: of a quantile those of quantiles alone, since
    any other would take it for a mean."""
    if not isinstance(metric, ForecastMetric):
        return isinstance(metric, OrderMetric) and output.statistic != "quantile"
    return metric.needs_quantiles == (output.statistic == "quantile") and not (
        metric.needs_intervals or metric.needs_train_mean
    )


def _unfit(metric: Metric, experiment: Experiment) -> str:
    """Why the experiment's forecasts have no such figure; empty where they have."""
    if not isinstance(metric, ForecastMetric):
        return ""
    if experiment.target.kind not in metric.kinds:
        kinds = listed([show(kind) for kind in metric.kinds])
        return f"{metric.name()} is for a target of kind {kinds}, and this is '{experiment.target.kind}'"
    outputs = _outputs(experiment)
    if metric.needs_intervals and outputs.interval is None:
        return f"{metric.name()} is of intervals, which neither calibration nor loss makes"
    if metric.needs_quantiles and all(output.statistic != "quantile" for output in outputs.columns):
        return f"{metric.name()} is of quantiles, which neither calibration nor loss makes"
    return ""


def _why(stem: str, experiment: Experiment) -> str:
    span, _, rest = stem.partition("/")
    baseline, _, last = rest.rpartition("/")
    metric = metrics().get(last)
    if span not in SPANS and span not in experiment.robustness:
        return f"a figure begins with {listed([*SPANS, *experiment.robustness])}"
    if metric is None:
        return f"there is no metric '{last}'"
    if unfit := _unfit(metric, experiment):
        return unfit
    if span in FORECASTS and baseline.startswith(OUTPUT):
        outputs = [output.name for output in _outputs(experiment).columns]
        return f"no output '{baseline.removeprefix(OUTPUT)}' has it; outputs: {', '.join(outputs)}"
    if span in FORECASTS and baseline and baseline not in experiment.baselines:
        return f"'{baseline}' is not among the baselines ({', '.join(experiment.baselines) or 'none'})"
    return f"{last} is a figure of {metric.about}"


def _is_fold(text: str) -> bool:
    return re.fullmatch(r"[1-9]\d*", text) is not None
