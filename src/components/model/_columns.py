"""Choosing columns of a design matrix by name."""

from collections.abc import Sequence
from difflib import get_close_matches

from components.contracts import LAST_LABEL
from components.errors import ConfigError, Problem


def named(columns: Sequence[str], features: Sequence[str], *, path: str) -> tuple[str, ...]:
    """The columns, each checked to be a feature or LAST_LABEL.

    Raises ConfigError with one problem per unknown column, naming the nearest known one.
    """
    known = (*features, LAST_LABEL)
    problems = []
    for column in columns:
        if column not in known:
            nearest = get_close_matches(column, known, n=1, cutoff=0.0)[0]
            message = f"unknown feature '{column}'; did you mean '{nearest}'?"
            problems.append(Problem(path, message, f"features: {', '.join(known)}"))
    if problems:
        raise ConfigError(*problems)
    return tuple(columns)
