"""Sources made of sources."""

from components.bars import Bars
from components.contracts import Source
from components.contracts.standing import speaking_of
from components.panel import Panel


def fields_of(source: Source, path: str) -> tuple[str, ...]:
    """The fields of the source that is configured at `data.<path>`."""
    with speaking_of(source, path):
        return source.fields()


def content_of(source: Source, path: str) -> str | None:
    """The digest of the source that is configured at `data.<path>`."""
    with speaking_of(source, path):
        return source.content()


def load(source: Source, path: str) -> Panel:
    """The bars of the source that is configured at `data.<path>`."""
    with speaking_of(source, path):
        return source.load()


def bars_of(source: Source, path: str) -> Bars:
    """The unjudged bars of the source that is configured at `data.<path>`."""
    with speaking_of(source, path):
        return source.bars()


def series_of(source: Source, path: str, symbol: str | None, field: str) -> Bars:
    """The unjudged series of the source that is configured at `data.<path>`."""
    with speaking_of(source, path):
        return source.series(symbol, field)
