"""The experiment that judges a stranger's forecasts beside a stranger's bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.errors import Ask, ConfigError
from components.tables.forecasts import ForecastTable, guess_forecasts
from components.tables.guess import guess
from components.tables.meaning import Said
from runner.composition.first_experiment import MIN_RANKED_SYMBOLS, MIN_VAULT_BARS, VAULT_SHARE, default_name

OURS = ("data", "model")
"""Sections whose settings say how the two tables are read."""


@dataclass(frozen=True, kw_only=True)
class JudgedExperiment:
    """overrides: a command line that judges the forecasts; remarks: what was taken for what."""

    overrides: tuple[str, ...]
    remarks: tuple[str, ...]


def judged_experiment(forecasts: str, bars: str, settings: Sequence[str]) -> JudgedExperiment:
    """settings: of an experiment, as typed; those of data and model say how the tables are read.

    Raises DataError and Ask where a table cannot be read, or can in several ways.
    """
    said, rest = _told(settings)
    table = guess_forecasts(forecasts, said["model"])
    found = guess(bars, Said(settings=said["data"]))
    horizon = _horizon(forecasts, table, rest)
    plan = _plan(table, horizon)
    own = [_override("data", "files"), *(_override(f"data.{key}", value) for key, value in found.parameters.items())]
    read = {"path": forecasts, **table.settings}
    model = [
        _override("model", "external"),
        "~model.columns.mean",
        *(f"++model.columns.{name}={_written(column)}" for name, column in table.columns.items()),
    ]
    model += [_override(f"model.{key}", value) for key, value in read.items()]
    return JudgedExperiment(
        overrides=(f"name={default_name(forecasts)}", *own, *plan, *model, *rest),
        remarks=(*(f"bars: {remark}" for remark in found.remarks), *(f"forecasts: {each}" for each in table.remarks)),
    )


def _told(settings: Sequence[str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Settings of the two tables by section, and all others as typed."""
    import yaml

    said: dict[str, dict[str, Any]] = {name: {} for name in OURS}
    rest = []
    for text in settings:
        path, sign, value = text.partition("=")
        section, _, key = path.partition(".")
        if section not in OURS or not key or not sign:
            rest.append(text)
            continue
        read = yaml.safe_load(value)
        if key.startswith("columns.") and section == "model":
            said[section].setdefault("columns", {})[key.removeprefix("columns.")] = value
        else:
            said[section][key] = read
    return said, rest


def _horizon(forecasts: str, table: ForecastTable, rest: Sequence[str]) -> int | None:
    """Bars ahead that are judged; None where the settings say so. Raises where nothing tells, or several are there."""
    if any(text.lstrip("+").startswith(("target=", "target.horizon_bars=")) for text in rest):
        return None
    if len(table.horizons) == 1:
        return table.horizons[0]
    if not table.horizons:
        raise ConfigError(f"{forecasts}: no column says how many bars ahead; write target.horizon_bars=5, for 5 bars")
    options = tuple(f"target.horizon_bars={bars}" for bars in table.horizons[:8])
    raise Ask(f"{forecasts}: has forecasts of {len(table.horizons)} horizons, and one is judged at a time", options)


def _plan(table: ForecastTable, horizon: int | None) -> list[str]:
    """Target, loss, portfolio and gates that fit what is forecast."""
    outputs = table.columns
    bars = [] if horizon is None else [f"target.horizon_bars={horizon}"]
    shared = ["baselines=naive", "preprocess=none", f"split.vault_start={_vault_start(table)}", *bars]
    if "up" in outputs:
        chosen = ["target=direction", "loss=logistic", "portfolio=direction", "gates=classification"]
        return [*chosen, "target.skip_bars=0", *shared]
    ranks = table.symbols >= MIN_RANKED_SYMBOLS
    decided = (
        ["portfolio=rank_long_short", "gates=cross_section"] if ranks else ["portfolio=return_sign", "gates=returns"]
    )
    loss = []
    if "mean" not in outputs:
        levels = sorted(float(name[1:].replace("_", ".")) / 100 for name in outputs)
        middle = min(levels, key=lambda level: abs(level - 0.5))
        loss = ["loss=quantile", f"loss.levels=[{','.join(map(repr, levels))}]", f"loss.decision={middle!r}"]
    form = ["target=forward_return", "target.skip_bars=0", "target.cross_sectional=none"]
    return [*form, *decided, *loss, *shared]


def _vault_start(table: ForecastTable) -> str:
    """The day from which on the last stretch of forecasts is kept aside; null where all are needed."""
    made_T = table.made_T
    if len(made_T) < MIN_VAULT_BARS:
        return "null"
    return str(made_T[-round(len(made_T) * VAULT_SHARE)].astype("datetime64[D]"))


def _override(key: str, value: Any) -> str:
    return f"{key}={_written(value)}"


def _written(value: Any) -> str:
    """A value in the grammar of the command line."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case Mapping():
            return "{" + ", ".join(f"{key}: {_written(each)}" for key, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_written(each) for each in value) + "]"
    text = str(value)
    return (
        text if text.isidentifier() and text.lower() not in ("null", "true", "false", "nan", "inf") else _quoted(text)
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\'", "\\\\'").replace("'", "\\'")
    return f"'{escaped}'"
