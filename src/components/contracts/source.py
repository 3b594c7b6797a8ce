"""A source promises bars."""

from abc import abstractmethod
from dataclasses import dataclass, fields, replace

from components.bars import Bars
from components.contracts.component import Component
from components.panel import Panel
from components.values import SourceFacts


@dataclass(frozen=True, kw_only=True)
class Seal:
    """Bars that nobody reads without a key. digest: SHA-256 of the sealed file; begins: its first moment (ISO)."""

    digest: str
    begins: str


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
        whole = {name: source.whole() for name, source in self._sources().items()}
        if all(whole[name] is source for name, source in self._sources().items()):
            return self
        return replace(self, **whole)  # type: ignore[type-var]  # every component is a dataclass

    def seal(self) -> "Seal | None":
        """What is sealed of it; None where nothing is. Raises DataError where the sealed file is missing."""
        return next((seal for source in self._sources().values() if (seal := source.seal())), None)

    def _sources(self) -> dict[str, "Source"]:
        """The sources that it is made of, by parameter."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in named.items() if isinstance(value, Source)}

    @abstractmethod
    def load(self) -> Panel:
        """All bars, checked. Raises DataError naming file, symbol, timestamp and remedy."""

    def bars(self) -> Bars:
        """All bars as they are, for the quality policy to judge; by default those that `load` has checked."""
        return Bars.of(self.load(), where=self.facts().description)

    def series(self, symbol: str | None, field: str) -> Bars:
        """The bars of one symbol with one field, as they are: nothing else of the source is judged, as far as it can
        be read apart. symbol: None for all symbols; one that the source does not have gives all of them as well."""
        bars = self.bars()
        one = bars.with_only(field)
        if symbol is None or symbol not in bars.symbols:
            return one
        return one.take(one.codes_R == bars.symbols.index(symbol))
