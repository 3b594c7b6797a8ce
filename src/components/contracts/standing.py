"""What stands in where a source cannot be had."""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from components.bars import Bars
from components.errors import ConfigError, DataError, Problem, Unavailable
from components.panel import Panel

if TYPE_CHECKING:
    from components.contracts.source import Source

ANSWERS = ("fields", "content", "bars", "load", "series")
"""What is asked of a source, and of its fallback where the source cannot be had."""


class _Neither(Unavailable):
    """A source and its fallback could not be had."""

    def __init__(self, text: str, source: "Source | None" = None) -> None:
        super().__init__(text)
        self.source = source


def with_fallback(method: Callable[..., Any]) -> Callable[..., Any]:
    """An answer of a source: its own, or where it cannot be had its fallback's.

    Raises Unavailable where there is no fallback, or none that can be had; ConfigError where the fallback lacks a
    field of the source, DataError where it lacks a symbol.
    """

    @functools.wraps(method)
    def answered(self: "Source", *arguments: Any) -> Any:
        try:
            answer = method(self, *arguments)
        except Unavailable as missing:
            # `load` may ask `bars`, which asked the fallback already.
            if self.fallback is None or (isinstance(missing, _Neither) and missing.source is self):
                raise
            try:
                with speaking_of(self.fallback, "fallback"):
                    return _instead(self, self.fallback, missing, method.__name__, arguments)
            except Unavailable as also:
                raise _Neither(f"{missing}; neither could its fallback be had: {also}", self) from None
        if method.__name__ == "fields" and self.fallback is not None:
            _refuse_narrower(answer, self.fallback)
        return answer

    return answered


@contextmanager
def speaking_of(source: "Source", path: str) -> Iterator[None]:
    """A source speaks of its parameters as if it stood alone: complaints name their true place, `data.<path>`."""
    # Only its own parameters: a file may well be called data.csv.
    own = re.compile(rf"\bdata\.(?=(?:{'|'.join(field.name for field in fields(source))})\b)")
    try:
        yield
    except ConfigError as error:
        problems = (replace(problem, path=f"{path}.{problem.path}") for problem in error.problems)
        raise ConfigError(*problems) from None
    except DataError as error:
        error.problems = tuple(_placed(problem, own, f"data.{path}.") for problem in error.problems)
        error.args = ("\n".join(map(str, error.problems)),)
        raise


def _placed(problem: Problem, own: "re.Pattern[str]", place: str) -> Problem:
    told = {name: own.sub(place, getattr(problem, name)) for name in ("path", "message", "hint", "at")}
    return replace(problem, **told, fix=tuple(own.sub(place, text) for text in problem.fix))


def _instead(
    source: "Source", fallback: "Source", missing: Unavailable, question: str, arguments: tuple[Any, ...]
) -> Any:
    answer = getattr(fallback, question)(*arguments)
    if question == "content":
        return None if answer is None else f"fallback {answer}"
    if isinstance(answer, Panel):
        return _stood_in(source, fallback, Bars.of(answer, where="fallback"), missing).to_panel()
    return _stood_in(source, fallback, answer, missing) if isinstance(answer, Bars) else answer


def _stood_in(source: "Source", fallback: "Source", bars: Bars, missing: Unavailable) -> Bars:
    """The fallback's bars of the symbols, span and fields that the source is asked for."""
    asked, inside_R = source.asked(), np.ones(bars.n_rows, dtype=bool)
    if asked.symbols:
        inside_R &= np.isin(bars.symbols, asked.symbols)[bars.codes_R]
    if asked.start is not None:
        inside_R &= bars.timestamps_R >= asked.start
    if asked.end is not None:
        inside_R &= bars.timestamps_R < asked.end
    bars = bars.take(inside_R)
    found = {bars.symbols[code] for code in np.unique(bars.codes_R)}
    if lacking := [symbol for symbol in asked.symbols if symbol not in found]:
        raise DataError(f"{missing}; the fallback has no bars of symbol {lacking[0]} in the span that is asked for")
    facts = fallback.facts()
    notice = (
        f"data: the fallback stood in ({facts.description}; adjustment {facts.adjustment}, survivorship "
        f"{facts.survivorship}): {missing}"
    )
    names = [name for name in _own_fields(source) if name in bars.fields] or list(bars.fields)
    return replace(
        bars,
        fields={name: bars.fields[name] for name in names},
        notices=(*bars.notices, notice, *facts.cautions),
    )


def _own_fields(source: "Source") -> tuple[str, ...]:
    """The fields of the source itself; none where even these cannot be had."""
    try:
        return replace(source, fallback=None).fields()
    except Unavailable:
        return ()


def _refuse_narrower(names: tuple[str, ...], fallback: "Source") -> None:
    try:
        with speaking_of(fallback, "fallback"):
            other = fallback.fields()
    except Unavailable:
        return  # said when it is needed
    if lacking := [name for name in names if name not in other]:
        message = f"it has no field '{lacking[0]}', which the source has"
        raise ConfigError(Problem("fallback", message, f"fields of the fallback: {', '.join(other)}"))
