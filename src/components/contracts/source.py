"""A source promises bars."""

from abc import abstractmethod

from components.bars import Bars
from components.contracts.component import Component
from components.panel import Panel
from components.values import SourceFacts


class Source(Component):
    """Where bars come from."""

    @abstractmethod
    def facts(self) -> SourceFacts:
        """What the source declares about itself."""

    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """Names of the fields its bars will have, found out without reading the bars.

        Raises DataError where the source is missing or lacks a column.
        """

    def content(self) -> str | None:
        """A digest of all that the bars are made of, found without parsing it; None where that cannot be known.

        Sources of one class with the same parameters and the same digest have the same bars, so that these are kept
        between runs; without a digest they are read each time. Raises DataError where what is read is missing.
        """
        return None

    def whole(self) -> "Source":
        """The source with what is sealed of it; reading that asks for the key. Promotion alone may call this."""
        return self

    @abstractmethod
    def load(self) -> Panel:
        """All bars, checked. Raises DataError naming file, symbol, timestamp and remedy."""

    def bars(self) -> Bars:
        """All bars as they are, for the quality policy to judge; by default those that `load` has checked."""
        return Bars.of(self.load(), where=self.facts().description)
