"""A symbol stops trading, as symbols do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np

from components.contracts import Enters, Scenario
from components.ranges import Gt, Lt
from components.values import PriceGrid


@dataclass(frozen=True, kw_only=True)
class SymbolStops(Scenario):
    """The bars of one symbol end at a share of the history; the account closes it as it closes what is delisted.

    symbol: its name, or null: drawn by the run's seed among those that have bars then. at_share: of the bars, in
    (0, 1). The weights stay: what was decided for it afterwards finds no price.
    """

    enters: ClassVar[Enters] = "prices"

    symbol: str | None
    at_share: Annotated[float, Gt(0), Lt(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"symbol": None, "at_share": 0.5}, {"symbol": None, "at_share": 0.8})

    @property
    def phrase(self) -> str:
        return f"with {self.symbol or 'one symbol'} no longer traded from {self.at_share:.0%} of the record on"

    def prices(self, prices: PriceGrid, *, seed: int) -> PriceGrid:
        stop = int(len(prices.timestamps_T) * self.at_share)
        alive = [s for s, _ in enumerate(prices.symbols) if np.isfinite(prices.fields["close"][stop:, s]).any()]
        if self.symbol in prices.symbols:
            stopped = prices.symbols.index(self.symbol)
        elif alive:
            stopped = alive[int(np.random.default_rng(seed).integers(len(alive)))]
        else:
            return prices
        fields = {}
        for name, values_TS in prices.fields.items():
            fields[name] = values_TS.copy()
            fields[name][stop:, stopped] = np.nan
        return replace(prices, fields=fields)
