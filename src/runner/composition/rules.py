"""Rules that span sections: pure functions of a built experiment, before any data is read."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from components.contracts import TARGET, Component, Model
from components.errors import ConfigError, DataError, Problem
from components.expressions import Node, parse, reach
from components.values import fields_read
from runner.composition.fitting import choice, feature_sets, fitted_models, fitting_problems, target_texts
from runner.composition.gates import gate_notices, gate_paths, gate_problems
from runner.composition.names import too_alike
from runner.composition.schema import listed, show
from runner.specification.experiment import Experiment

MOST_SIGNS = 300
"""Of a hypothesis: it is noted in every trial."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """An experiment and what its expressions say.

    fields  of the data; None where the source cannot be read
    texts   dotted path -> expression, of every feature, those of baselines included, and of the target
    nodes   dotted path -> tree, of those that parse
    broken  what is wrong with the source and with those that do not parse
    """

    experiment: Experiment
    fields: tuple[str, ...] | None
    texts: Mapping[str, str]
    nodes: Mapping[str, Node]
    broken: tuple[Problem, ...]


Rule = Callable[[Analysis], Iterator[Problem]]


def analyse(experiment: Experiment) -> Analysis:
    """Asks the source for its fields and parses every expression over them."""
    fields, broken, nodes = None, [], {}
    try:
        fields = experiment.data.fields()
    except DataError as error:
        broken.append(Problem("data", str(error)))
    except ConfigError as error:
        broken += [replace(problem, path=f"data.{problem.path}") for problem in error.problems]
    known = None if fields is None else (*fields, *(experiment.claims.output_fields() if experiment.claims else ()))
    texts, let = target_texts(experiment.target), {}
    for place, features in feature_sets(experiment).items():
        for name, text in features.expanded().items():
            path = f"{place}.{features.where(name)}"
            texts[path], let[path] = text, features.definitions_of(name)
    for path, text in texts.items():
        try:
            nodes[path] = parse(text, fields=known, let=let.get(path, {}), where=path)
        except ConfigError as error:
            broken += error.problems
    return Analysis(experiment=experiment, fields=fields, texts=texts, nodes=nodes, broken=tuple(broken))


def names_are_file_names(analysis: Analysis) -> Iterator[Problem]:
    """Names become folders."""
    experiment = analysis.experiment
    for path, name in (("name", experiment.name), ("export.name", experiment.export.name)):
        if not NAME.fullmatch(name):
            yield Problem(
                path,
                f"{show(name)} is not allowed; must be letters, digits, dot, dash and underscore, "
                "at most 100, beginning with a letter or digit",
            )


def names_are_told_apart(analysis: Analysis) -> Iterator[Problem]:
    """A free name one letter from another one was probably meant to be that one."""
    experiment = analysis.experiment
    free = {
        "gates": [path.removeprefix("gates.") for path in gate_paths(experiment)],
        "baselines": list(experiment.baselines),
        "robustness": list(experiment.robustness),
        "ensemble.models": list(experiment.ensemble.members()),
    }
    for path, names in free.items():
        for name, other in too_alike(names):
            message = f"is one letter away from {path}.{other}"
            yield Problem(f"{path}.{name}", message, f"set {path}.{other} instead, or give it another name")


def split_is_possible(analysis: Analysis) -> Iterator[Problem]:
    split = analysis.experiment.split
    for problem in (*split.vault_flaws(), *split.problems()):
        yield replace(problem, path=f"split.{problem.path}")
    yield from _vault_beyond(analysis.experiment)


def _vault_beyond(experiment: Experiment) -> Iterator[Problem]:
    """A vault outside the span that the settings of the data name."""
    begins = _time(experiment.split.vault_start)
    if begins is None:
        return
    first, end = (_time(_named(experiment.data, name)) for name in ("start", "end"))
    if end is not None and begins >= end:
        message = f"'{experiment.split.vault_start}' is after the bars that data.end names: nothing would be held back"
        yield Problem("split.vault_start", message, "choose an earlier date, or null for no vault")
    if first is not None and begins <= first:
        message = f"'{experiment.split.vault_start}' is before the bars that data.start names: nothing would be left"
        yield Problem("split.vault_start", message, "choose a later date")


def _named(source: object, name: str) -> object:
    """What a source, or the one that it is made of, says of its span."""
    inner = getattr(source, "source", None)
    return getattr(source, name, None if inner is None else getattr(inner, name, None))


def _time(text: object) -> np.datetime64 | None:
    """A date or time as written, without its zone; None for anything else."""
    try:
        return np.datetime64(datetime.fromisoformat(str(text)).replace(tzinfo=None), "us")
    except ValueError:
        return None


def expressions_parse(analysis: Analysis) -> Iterator[Problem]:
    yield from analysis.broken


def features_look_back(analysis: Analysis) -> Iterator[Problem]:
    targets = target_texts(analysis.experiment.target)
    for path, node in analysis.nodes.items():
        ahead = reach(node).lookahead_bars
        if path not in targets and ahead > 0:
            message = f"looks {_bars(ahead)} into the future: {analysis.texts[path]}"
            yield Problem(path, message, "a feature may only look back")


def target_looks_forward(analysis: Analysis) -> Iterator[Problem]:
    for path in target_texts(analysis.experiment.target):
        node = analysis.nodes.get(path)
        if node is not None and reach(node).lookahead_bars < 1:
            message = f"does not look into the future: {analysis.texts[path]}"
            yield Problem(path, message, "a target reads at least one later bar")


def backtest_has_its_fields(analysis: Analysis) -> Iterator[Problem]:
    fields = analysis.fields
    lacking = [name for name in analysis.experiment.backtest.fields() if fields and name not in fields]
    if fields and lacking:
        yield Problem(
            "backtest",
            f"needs {listed([show(name) for name in lacking])}, which the data does not have",
            f"fields: {', '.join(fields)}; choose another backtest or price",
        )


def portfolio_understands_forecast(analysis: Analysis) -> Iterator[Problem]:
    experiment = analysis.experiment
    kinds, kind = experiment.portfolio.forecast_kind, experiment.target.kind
    understood = listed([show(known) for known in kinds])
    if kind not in kinds:
        yield Problem(
            "portfolio",
            f"{choice(experiment.portfolio)} understands forecasts of kind {understood}, "
            f"but {choice(experiment.target)} is of kind '{kind}'",
            "choose another portfolio or target",
        )


def portfolio_has_its_interval(analysis: Analysis) -> Iterator[Problem]:
    experiment = analysis.experiment
    target = {"target": 1}
    given = experiment.loss.head.outputs(target).interval or experiment.calibration.interval_coverage()
    if experiment.portfolio.needs_interval and given is None:
        yield Problem(
            "portfolio",
            f"{choice(experiment.portfolio)} needs forecasts with an interval, which neither the loss "
            f"{choice(experiment.loss)} nor the calibration {choice(experiment.calibration)} makes",
            "choose another portfolio, or the calibration 'conformal'",
        )


def decisions_have_their_fields(analysis: Analysis) -> Iterator[Problem]:
    fields, experiment = analysis.fields, analysis.experiment
    for path, reader in (("portfolio", experiment.portfolio), ("constraints", experiment.constraints)):
        lacking = [name for name in fields_read(reader.reads) if fields and name not in fields]
        if fields and lacking:
            yield Problem(
                path,
                f"{choice(reader)} reads {listed([show(name) for name in lacking])}, which the data does not have",
                f"fields: {', '.join(fields)}",
            )


def models_find_their_columns(analysis: Analysis) -> Iterator[Problem]:
    names = tuple(analysis.experiment.inputs.expanded())
    try:
        sure = analysis.experiment.preprocess.outputs(names)
    except ConfigError as error:
        yield from error.problems
        sure = names
    own = {path.removesuffix("features"): each for path, each in feature_sets(analysis.experiment).items()}
    for path, model in fitted_models(analysis.experiment).items():
        brought = own.get(path.removesuffix("model")) if path.startswith("baselines.") else None
        unknown = _complaints(model, names if brought is None else tuple(brought.expanded()))
        for problem in unknown:
            yield Problem(f"{path}{problem.path.removeprefix('model')}", problem.message, problem.hint)
        if not unknown and not path.startswith("baselines.") and _complaints(model, sure):
            message = "names features that preprocess may drop"
            yield Problem(path, message, "name them in its keep as well, or let the model read all that are left")


def _complaints(model: Model, columns: tuple[str, ...]) -> tuple[Problem, ...]:
    try:
        model.inputs(columns)
    except ConfigError as error:
        return error.problems
    return ()


def components_can_do_their_work(analysis: Analysis) -> Iterator[Problem]:
    experiment = analysis.experiment
    slots = {name: part for name, part in vars(experiment).items() if isinstance(part, Component)}
    for path, component in {**slots, **gate_paths(experiment)}.items():
        for flaw in component.flaws():
            yield Problem(path, flaw)


def gates_can_judge(analysis: Analysis) -> Iterator[Problem]:
    yield from gate_problems(analysis.experiment)


def what_is_fitted_fits(analysis: Analysis) -> Iterator[Problem]:
    yield from fitting_problems(analysis.experiment)


def hypothesis_is_a_sentence(analysis: Analysis) -> Iterator[Problem]:
    text = analysis.experiment.hypothesis
    if text is not None and not (text.strip() and len(text) <= MOST_SIGNS and text.isprintable()):
        yield Problem("hypothesis", f"must be one sentence of at most {MOST_SIGNS} characters that print, or null")


RULES: tuple[Rule, ...] = (
    names_are_file_names,
    hypothesis_is_a_sentence,
    expressions_parse,
    features_look_back,
    target_looks_forward,
    split_is_possible,
    models_find_their_columns,
    what_is_fitted_fits,
    portfolio_understands_forecast,
    portfolio_has_its_interval,
    decisions_have_their_fields,
    backtest_has_its_fields,
    gates_can_judge,
    names_are_told_apart,
    components_can_do_their_work,
)


WITHOUT_HEAD: tuple[Rule, ...] = (names_are_file_names, expressions_parse, components_can_do_their_work)
"""What can be said beside a loss that cannot say what it asks for."""


def rule_problems(analysis: Analysis) -> list[Problem]:
    """Everything that the sections get wrong together."""
    rules = WITHOUT_HEAD if analysis.experiment.loss.flaws() else RULES
    return [problem for rule in rules for problem in rule(analysis)]


def rule_notices(analysis: Analysis) -> list[str]:
    """What is allowed, but should be known; for an experiment without problems."""
    experiment, notices = analysis.experiment, []
    lag = experiment.backtest.execution_lag_bars
    first = reach(analysis.nodes[TARGET]).first_offset
    if experiment.target.kind != "level" and first < lag:
        notices.append(
            f"target: its move begins {_bars(first)} after the decision, but orders are filled {_bars(lag)} "
            "after it: part of the forecast move cannot be traded"
        )
    if experiment.inputs is not experiment.features:
        notices.append("features: not read: the model brings its own")
    notices += [f"data: {caution}" for caution in experiment.data.facts().cautions]
    notices += gate_notices(experiment)
    if experiment.debug.enabled:
        notices.append(_of_debug(experiment))
    return notices


def _of_debug(experiment: Experiment) -> str:
    debug = experiment.debug
    if debug.max_bars is debug.max_symbols is debug.max_folds is None:
        return "debug: nothing limits it, so that it is a trial like any other, but never promoted"
    return "debug: a quick look, never promoted; where it evaluates half of the experiment or more, it is a trial"


def _bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count} bars"
