"""Sources with hindsight; each reads one CSV file with the columns symbol, date and OHLCV."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.bars import Bars
from components.contracts import Source
from components.panel import Panel
from components.structure import strict
from components.values import SourceFacts

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Hindsight(Source):
    """path: the file."""

    path: str

    def facts(self) -> SourceFacts:
        return SourceFacts(
            identity=f"hindsight:{Path(self.path).name}",
            description="bars with hindsight",
            survivorship="unknown",
            adjustment="raw",
        )

    def fields(self) -> tuple[str, ...]:
        return ("open", "high", "low", "close", "volume", "extra")

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        import pandas as pd

        frame = pd.read_csv(self.path, parse_dates=["date"]).rename(columns={"date": "timestamp"})
        frame = frame.sort_values(["symbol", "timestamp"], ignore_index=True)
        return Bars.from_frame(self.changed(frame), where=self.path)

    @abstractmethod
    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """The frame with hindsight."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"path": "a.csv"}, {"path": "b.csv"})


class FullSampleScore(Hindsight):
    """Volume standardised by the whole history."""

    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        volume = frame.groupby("symbol")["volume"]
        return frame.assign(extra=(frame["volume"] - volume.transform("mean")) / volume.transform("std"))


class BackwardFilled(Hindsight):
    """A value of every twentieth bar, filled backwards."""

    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        kept = frame["volume"].where(frame.groupby("symbol").cumcount() % 20 == 19)
        return frame.assign(extra=kept.groupby(frame["symbol"]).bfill().ffill())


class CentredVolume(Hindsight):
    """Volume smoothed with as many bars after as before."""

    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        volume = frame.groupby("symbol")["volume"]
        return frame.assign(extra=volume.transform(lambda x: x.rolling(5, center=True, min_periods=1).mean()))


class Survivors(Hindsight):
    """Only symbols whose last price is above their first."""

    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        close = frame.groupby("symbol")["close"]
        rose = close.transform("last") > close.transform("first")
        return frame[rose].assign(extra=0.0).reset_index(drop=True)


class BackAdjusted(Hindsight):
    """Prices divided by the last one."""

    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        last = frame.groupby("symbol")["close"].transform("last")
        return frame.assign(extra=0.0, **{name: frame[name] / last for name in ("open", "high", "low", "close")})


class PrincipalComponent(Hindsight):
    """The first principal component of all symbols' returns, with loadings of the whole history."""

    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        returns = frame.pivot_table(index="timestamp", columns="symbol", values="close").pct_change().fillna(0.0)
        _, _, loadings = np.linalg.svd(returns.to_numpy() - returns.to_numpy().mean(axis=0), full_matrices=False)
        component = returns.to_numpy() @ (loadings[0] * np.sign(loadings[0].sum()))
        places = returns.index.get_indexer(frame["timestamp"])
        return frame.assign(extra=component[places])


class ShareOfHistory(Hindsight):
    """Volume as a share of all that was ever traded."""

    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        total = frame.groupby("symbol")["volume"].transform("sum")
        return frame.assign(extra=frame["volume"] / total)


class DroppedCrashes(Hindsight):
    """Bars before a fall of more than four percent are left out."""

    def changed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        ahead = frame.groupby("symbol")["close"].shift(-1) / frame["close"] - 1
        return frame[~(ahead < -0.04)].assign(extra=0.0).reset_index(drop=True)


@dataclass(frozen=True, kw_only=True)
class Shifted(Source):
    """A source of which every field `close_next` is the next bar's close.

    source: the bars
    """

    source: Source

    def facts(self) -> SourceFacts:
        return self.source.facts()

    def fields(self) -> tuple[str, ...]:
        return (*self.source.fields(), "extra")

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        bars = self.source.bars().ordered()
        later_R = np.roll(bars.fields["volume"], -1)
        last_R = np.append(bars.codes_R[1:] != bars.codes_R[:-1], True)
        return bars.with_fields({"extra": np.where(last_R, bars.fields["volume"], later_R)})

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        bundled = {"_target_": "components.data.bundled.Bundled"}
        return ({"source": bundled | {"dataset": "sp500"}}, {"source": bundled | {"dataset": "nasdaq"}})
