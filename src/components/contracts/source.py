"""A source promises bars."""

from abc import abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from components.bars import Bars
from components.contracts.component import Component
from components.contracts.standing import ANSWERS, with_fallback
from components.panel import Panel
from components.values import SourceFacts


@dataclass(frozen=True, kw_only=True)
class Seal:
    """Bars that nobody reads without a key. digest: SHA-256 of the sealed file; begins: its first moment (ISO)."""

    digest: str
    begins: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which bars a source is asked for by its settings. symbols: empty where they do not say; start, end: bars from
    start up to, not including, end; None where they do not say."""

    symbols: tuple[str, ...] = ()
    start: np.datetime64 | None = None
    end: np.datetime64 | None = None


@dataclass(frozen=True, kw_only=True)
class Source(Component):
    """Where bars come from.

    fallback  a source whose bars stand in where this one cannot be had (`Unavailable`: a service that is down, a file
              that is not there), never where its settings are wrong: the same symbols, span and fields, where this
              one says them. A notice tells that it was used; it is a part of every key. null: then the run fails
    """

    fallback: "Source | None" = None

    def __init_subclass__(cls, **named: Any) -> None:
        """Puts the fallback behind every answer, so that none forgets it."""
        super().__init_subclass__(**named)
        for name in ANSWERS:
            if name in vars(cls):
                setattr(cls, name, with_fallback(vars(cls)[name]))

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

    def asked(self) -> Asked:
        """What a fallback's bars are cut to; by default they are taken whole."""
        return Asked()

    def whole(self) -> "Source":
        """The source with what is sealed of it; reading that asks for the key. Promotion alone may call this."""
        whole = {name: source.whole() for name, source in self._sources().items()}
        if all(whole[name] is source for name, source in self._sources().items()):
            return self
        return replace(self, **whole)

    def seal(self) -> "Seal | None":
        """What is sealed of it; None where nothing is. Raises DataError where the sealed file is missing."""
        return next((seal for source in self._sources().values() if (seal := source.seal())), None)

    def _sources(self) -> dict[str, "Source"]:
        """The sources that it is made of, by parameter."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
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
