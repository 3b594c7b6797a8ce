"""Sources made of sources."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace

from components.bars import Bars
from components.contracts import Source
from components.errors import ConfigError, DataError
from components.panel import Panel


def fields_of(source: Source, path: str) -> tuple[str, ...]:
    """The fields of the source that is configured at `data.<path>`."""
    with _speaking_of(source, path):
        return source.fields()


def content_of(source: Source, path: str) -> str | None:
    """The digest of the source that is configured at `data.<path>`."""
    with _speaking_of(source, path):
        return source.content()


def load(source: Source, path: str) -> Panel:
    """The bars of the source that is configured at `data.<path>`."""
    with _speaking_of(source, path):
        return source.load()


def bars_of(source: Source, path: str) -> Bars:
    """The unjudged bars of the source that is configured at `data.<path>`."""
    with _speaking_of(source, path):
        return source.bars()


def series_of(source: Source, path: str, symbol: str | None, field: str) -> Bars:
    """The unjudged series of the source that is configured at `data.<path>`."""
    with _speaking_of(source, path):
        return source.series(symbol, field)


@contextmanager
def _speaking_of(source: Source, path: str) -> Iterator[None]:
    """A source speaks of its parameters as if it stood alone: complaints name their true place."""
    try:
        yield
    except ConfigError as error:
        problems = (replace(problem, path=f"{path}.{problem.path}") for problem in error.problems)
        raise ConfigError(*problems) from None
    except DataError as error:
        # Only its own parameters: a file may well be called data.csv.
        own = "|".join(field.name for field in fields(source))  # type: ignore[arg-type]
        raise DataError(re.sub(rf"\bdata\.(?=(?:{own})\b)", f"data.{path}.", str(error))) from None
