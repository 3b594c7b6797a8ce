"""What sources that read from elsewhere share."""

import importlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from components.bars import Bars
from components.contracts import Asked
from components.errors import ConfigError, DataError, Problem
from components.optional import installation
from components.panel import TIME_DTYPE, Float, Int


def sorted_bars(
    names: tuple[str, ...],
    codes_R: Int,
    times_R: Int,
    fields: Mapping[str, Float],
    *,
    where: str,
    notices: tuple[str, ...] = (),
) -> Bars:
    """Bars of rows in any order, sorted by symbol and time.

    names    distinct symbols, in any order
    codes_R  (R,) position of each row's symbol in `names`
    times_R  (R,) decision times, microseconds since 1970 UTC
    where    what complaints call the source
    """
    return Bars(
        symbols=names,
        codes_R=codes_R.astype(np.int32),
        timestamps_R=times_R.astype(TIME_DTYPE),
        fields=fields,
        where=where,
        notices=notices,
    ).ordered()


def moment(text: str, name: str) -> np.datetime64:
    """The parameter `name`: a time, ISO 8601 in UTC. Raises ConfigError."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        hint = "write ISO 8601 in UTC, for example '2020-12-31'"
        raise ConfigError(Problem(name, f"'{text}' is no time", hint)) from None
    if time.tzinfo is not None:
        time = time.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(time, "us")


def asked_of(symbols: tuple[str, ...], start: str, end: str) -> Asked:
    """What these settings ask for. Raises ConfigError where they are wrong."""
    asked = Asked(symbols=symbols, start=moment(start, "start"), end=moment(end, "end"))
    if not moment(start, "start") < moment(end, "end"):
        raise ConfigError(Problem("end", "must be later than start"))
    if len(set(symbols)) < len(symbols):
        raise ConfigError(Problem("symbols", "names a symbol twice"))
    return asked


def library(name: str) -> Any:
    """An optional package, imported. Raises DataError naming what installs it."""
    # What it would log to the terminal, if nobody listens, is said in our errors.
    logger = logging.getLogger(name.partition(".")[0])
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise DataError(f"data: needs {package}, not installed; {installation([package])}") from None
