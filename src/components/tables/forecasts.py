"""Which column of a stranger's table of forecasts means what, by its name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.errors import Ask, DataError
from components.tables import times
from components.tables.columns import columns_of, texts
from components.tables.numeric import numbers
from components.tables.quantiles import quantile_name
from components.tables.shape import Told, shape_of
from components.tables.unread import Unread
from components.values import Time

SYMBOL = ("symbol", "ticker", "asset", "instrument", "security", "code", "name", "id")
MADE = ("made_at", "made", "created_at", "issued_at", "generated_at", "forecast_time", "forecast_date", "as_of", "asof")
TIMES = ("timestamp", "datetime", "date", "time")
DECIDED = ("decided_at", "decision", "decision_time", "bar", "bar_time")
HORIZON = ("horizon", "horizon_bars", "bars_ahead", "steps_ahead", "h")
MEAN = ("mean", "forecast", "prediction", "predicted", "pred", "yhat", "expected_return", "expected", "mu")
UP = ("up", "p_up", "prob_up", "probability_up", "proba_up", "probability", "proba", "prob")
QUANTILE = re.compile(r"(?:q|p|quantile|pct|percentile)?[_ .]?(\d{1,2}(?:\.\d+)?|0?\.\d+)%?")


@dataclass(frozen=True, kw_only=True)
class ForecastTable:
    """What a table of forecasts seems to hold. settings, columns: of the model `external`; symbols: how many;
    horizons: bars ahead, in order; made_T: different times at which forecasts were made; remarks: what was taken for
    what."""

    settings: Mapping[str, str | None]
    columns: Mapping[str, str]
    symbols: int
    horizons: tuple[int, ...]
    made_T: Time
    remarks: tuple[str, ...]


def guess_forecasts(path: str, said: Mapping[str, Any]) -> ForecastTable:
    """What the columns mean, but for what a person said (settings of the model `external`). Raises DataError where a
    column that is needed is not there, and Ask where several are as good."""
    file = Path(path)
    if not file.is_file():
        raise DataError(f"{path}: no such file; give a table of forecasts: symbol, made_at, horizon, mean")
    shape = shape_of(file, Told())
    names = shape.levels.long if shape.levels else shape.names
    taken = dict(said)
    for setting, words in (
        ("symbol_column", SYMBOL),
        ("made_at_column", MADE),
        ("decided_at_column", DECIDED),
        ("horizon_column", HORIZON),
    ):
        if setting not in taken:
            taken[setting] = _one(path, names, words, setting)
    if taken["made_at_column"] is None:
        free = [name for name in names if name != taken["decided_at_column"]]
        taken["made_at_column"] = _one(path, free, TIMES, "made_at_column")
    if taken["made_at_column"] is None:
        raise DataError(
            f"{path}: no column says when a forecast was made; columns: {', '.join(names)}; name it with "
            "model.made_at_column=COLUMN"
        )
    columns: Mapping[str, str] = taken.pop("columns", None) or _outputs(path, names)
    return _surveyed(file, taken, columns, names)


def _outputs(path: str, names: Sequence[str]) -> dict[str, str]:
    """output -> column: quantiles where there are any, else a probability, else a mean."""
    levels = {level: name for name in names if (level := _level(name)) is not None}
    if levels:
        return {quantile_name(level): levels[level] for level in sorted(levels)}
    for output, words in (("up", UP), ("mean", MEAN)):
        if (column := _one(path, names, words, f"columns.{output}")) is not None:
            return {output: column}
    raise DataError(
        f"{path}: no column holds forecasts; columns: {', '.join(names)}; name it with model.columns.mean=COLUMN, "
        "model.columns.up=COLUMN (a probability) or model.columns.q50=COLUMN (a quantile)"
    )


def _one(path: str, names: Sequence[str], words: Sequence[str], setting: str) -> str | None:
    """The column that is called so. Raises Ask where several are."""
    found = [name for name in names if _plain(name) in words]
    if len(found) > 1:
        exact = [name for name in found if _plain(name) == words[0]]
        if len(exact) != 1:
            options = tuple(f"model.{setting}={name}" for name in found)
            raise Ask(f"{path}: {' and '.join(found)} may both be meant", options)
        found = exact
    return found[0] if found else None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def _level(name: str) -> float | None:
    """Of a quantile, from its name: q05, p95, quantile_0.1, 0.5; None for any other name."""
    match = QUANTILE.fullmatch(name.strip().lower())
    if match is None:
        return None
    value = float(match[1])
    level = value / 100 if "." not in match[1] or value > 1 else value
    return level if 0 < level < 1 else None


def _surveyed(file: Path, taken: Mapping[str, Any], outputs: Mapping[str, str], names: Sequence[str]) -> ForecastTable:
    symbol, horizon, made = (taken[key] for key in ("symbol_column", "horizon_column", "made_at_column"))
    wanted = [str(column) for column in (symbol, horizon, made) if column is not None]
    if lacking := [column for column in wanted if column not in names]:
        raise DataError(f"{file}: no column '{lacking[0]}'; columns: {', '.join(names)}")
    table = columns_of(file, wanted=wanted, numbers=[str(horizon)] if horizon is not None else [])
    bars: tuple[int, ...] = ()
    if horizon is not None:
        ahead_N = numbers(table, [str(horizon)])[str(horizon)]
        bars = tuple(sorted({int(value) for value in ahead_N[ahead_N >= 1].tolist() if value == int(value)}))
    symbols = 1 if symbol is None else len({text for text in texts(table, str(symbol)).tolist() if text is not None})
    forecasts = ", ".join(f"{output} ({column})" for output, column in outputs.items())
    ahead = f", bars ahead: {', '.join(map(str, bars))}" if bars else ""
    remarks = (
        f"symbol: {symbol or 'one for all'}; made at: {taken['made_at_column']}; decided at: "
        f"{taken['decided_at_column'] or 'the first bar then or later'}; forecasts: {forecasts}",
        f"horizon: {horizon or 'not in the table'}{ahead}",
    )
    form = taken.get("date_format")
    try:
        made_N = times.read(table.raw[str(made)], date_format=None if form is None else str(form)).utc_N
    except Unread as unread:
        raise DataError(f"{file}: {unread.text(table.place)}") from None
    return ForecastTable(
        settings=dict(taken), columns=outputs, symbols=symbols, horizons=bars, made_T=np.unique(made_N), remarks=remarks
    )
