"""Rules about what is fitted: does the model give what the loss asks for, of every target, from what it reads?"""

from collections.abc import Callable, Iterator, Mapping

from components.contracts import TARGET, ClaimedModel, Features, Model, Nothing, Target
from components.errors import DataError, Problem
from runner.composition.catalog import catalogue
from runner.composition.schema import listed, show
from runner.specification.experiment import Experiment

BASELINE = "baselines."


def fitting_problems(experiment: Experiment) -> Iterator[Problem]:
    """Everything that loss, models, ensemble, target and calibration get wrong together."""
    for rule in RULES:
        yield from rule(experiment)


def fitted_models(experiment: Experiment) -> Mapping[str, Model]:
    """dotted path -> model, of everything that is fitted."""
    found = {}
    for path, model in {"model": experiment.model, **_members(experiment), **_baselines(experiment)}.items():
        own = model.on_own_features()
        inner = own is not None and own[1] is not model
        found[f"{path}.model" if inner else path] = own[1] if own is not None else model
    return found


def feature_sets(experiment: Experiment) -> Mapping[str, Features]:
    """dotted path -> feature set that is read: the experiment's or the model's own, and those of baselines."""
    brought = {path: model.on_own_features() for path, model in _baselines(experiment).items()}
    read = "features" if experiment.inputs is experiment.features else "model.features"
    return {
        read: experiment.inputs,
        **{f"{path}.features": own[0] for path, own in brought.items() if own is not None},
    }


def _members(experiment: Experiment) -> Mapping[str, Model]:
    return {f"ensemble.models.{name}": model for name, model in experiment.ensemble.members().items()}


def _baselines(experiment: Experiment) -> Mapping[str, Model]:
    return {f"{BASELINE}{name}": model for name, model in experiment.baselines.items()}


def target_texts(target: Target) -> dict[str, str]:
    """dotted path -> expression of everything that is forecast, what is decided on at `target`."""
    (first, *further) = target.columns().items()
    return {TARGET: first[1], **{f"{TARGET}.{name}": text for name, text in further}}


def choice(component: object) -> str:
    """Its name in conf/, in quotes."""
    return f"'{type(component).__module__.rpartition('.')[2]}'"


def members_can_do_their_work(experiment: Experiment) -> Iterator[Problem]:
    """Models that are no choice of a slot of their own."""
    for path, model in _members(experiment).items():
        if model.on_own_features():
            yield Problem(path, "brings features of its own, but members of an ensemble read the same ones")
    for path, model in {**_members(experiment), **_baselines(experiment)}.items():
        for flaw in model.flaws():
            yield Problem(path, flaw)


def claims_are_judged_as_they_are(experiment: Experiment) -> Iterator[Problem]:
    """Forecasts made elsewhere: of a table that is there, of what the loss asks for, and not changed on their way."""
    claims = experiment.claims
    for path, model in _baselines(experiment).items():
        if isinstance(model, ClaimedModel):
            yield Problem(path, "forecasts made elsewhere are judged, and no baseline", "choose another model")
    if claims is None:
        return
    try:
        claims.columns_found()
    except DataError as error:
        yield Problem("model", str(error))
    if lacking := claims.lacking(experiment.loss.head):
        yield Problem("model.columns", lacking, "name a column for each output of the loss, or choose another loss")
    if not isinstance(experiment.preprocess, Nothing):
        yield Problem("preprocess", "would change forecasts that were made elsewhere", "choose preprocess=none")
    if experiment.fitted_model is not claims:
        yield Problem("ensemble", "cannot fit forecasts that were made elsewhere", "choose ensemble=single")


def models_give_what_the_loss_asks(experiment: Experiment) -> Iterator[Problem]:
    loss = experiment.loss
    for path, model in fitted_models(experiment).items():
        able, takes = model.supports(loss), listed(list(model.needs_labels))
        # A baseline is a yardstick with a criterion of its own: the HAR stays least squares under any loss.
        rival = path.startswith(BASELINE)
        if loss.head.statistic not in model.gives and not rival:
            yield Problem(
                path,
                f"{choice(model)} cannot forecast a {loss.head.statistic}, which the loss {choice(loss)} asks for; it "
                f"can: {listed(sorted(model.gives))}",
                f"models that can: {_giving(loss.head.statistic)}; or choose another loss",
            )
        elif able is not None and not rival:
            yield Problem(path, f"{choice(model)} cannot minimise the loss {choice(loss)}; it can: {able}")
        elif loss.head.labels not in model.needs_labels:
            yield Problem(
                path,
                f"{choice(model)} cannot be fitted on {loss.head.labels} labels, "
                f"which the loss {choice(loss)} asks for; it takes {takes} labels",
            )


def models_forecast_every_target(experiment: Experiment) -> Iterator[Problem]:
    """A baseline is compared on what is decided on alone."""
    names = tuple(experiment.target.columns())
    for path, model in fitted_models(experiment).items():
        if len(names) > 1 and not model.several_targets and not path.startswith(BASELINE):
            yield Problem(
                path,
                f"{choice(model)} forecasts one target, but {choice(experiment.target)} has {len(names)}: "
                f"{', '.join(names)}",
                f"models that forecast several: {_named(lambda cls: cls.several_targets)}",
            )


def baselines_forecast_the_same_rows(experiment: Experiment) -> Iterator[Problem]:
    rows = experiment.fitted_model.lookback_rows
    for name, model in experiment.baselines.items():
        if model.lookback_rows > rows:
            yield Problem(
                f"{BASELINE}{name}",
                f"reads {model.lookback_rows} rows for a forecast, the model {rows}; it could not forecast the model's "
                "first rows",
                "let it read no more rows than the model",
            )


def members_start_alike(experiment: Experiment) -> Iterator[Problem]:
    models = {path: model for path, model in fitted_models(experiment).items() if not path.startswith(BASELINE)}
    starts = sorted({model.starts_from for model in models.values()} - {"nothing"})
    if len(starts) > 1:
        message = f"one member starts from {starts[0]}, another from {starts[1]}"
        yield Problem("ensemble", message, "let all of them start alike, or from nothing")


def loss_fits_target(experiment: Experiment) -> Iterator[Problem]:
    head, kind = experiment.loss.head, experiment.target.kind
    if (head.labels == "binary" or head.link == "sigmoid") and kind != "direction":
        yield Problem(
            "loss",
            f"{choice(experiment.loss)} needs a target of kind 'direction' (labels 0 and 1), "
            f"but {choice(experiment.target)} is of kind '{kind}'",
            "choose another loss or target",
        )


def calibration_fits_forecast(experiment: Experiment) -> Iterator[Problem]:
    calibration, kind, head = experiment.calibration, experiment.target.kind, experiment.loss.head
    if kind not in calibration.forecast_kind:
        understood = listed([show(known) for known in calibration.forecast_kind])
        yield Problem(
            "calibration",
            f"{choice(calibration)} understands forecasts of kind {understood}, "
            f"but {choice(experiment.target)} is of kind '{kind}'",
            "choose another calibration or target",
        )
    elif calibration.needs_probabilities and head.link != "sigmoid":
        yield Problem(
            "calibration",
            f"{choice(calibration)} needs forecasts that are probabilities, "
            f"but the loss {choice(experiment.loss)} does not make any",
            "choose another calibration, or the loss 'logistic'",
        )
    elif head.statistic not in calibration.corrects:
        yield Problem(
            "calibration",
            f"{choice(calibration)} would turn a {head.statistic}, which the loss {choice(experiment.loss)} asks for, "
            "into a mean",
            "choose another calibration or loss",
        )


RULES: tuple[Callable[[Experiment], Iterator[Problem]], ...] = (
    members_can_do_their_work,
    claims_are_judged_as_they_are,
    models_give_what_the_loss_asks,
    models_forecast_every_target,
    baselines_forecast_the_same_rows,
    members_start_alike,
    loss_fits_target,
    calibration_fits_forecast,
)


def _giving(statistic: str) -> str:
    return _named(lambda cls: statistic in cls.gives)


def _named(able: Callable[[type[Model]], bool]) -> str:
    """The models of the catalogue that can be fitted so, by name."""
    fitted = (cls for cls in catalogue().values() if issubclass(cls, Model) and not issubclass(cls, ClaimedModel))
    models = [cls for cls in fitted if able(cls)]
    return ", ".join(sorted(cls.__module__.rpartition(".")[2] for cls in models)) or "none"
