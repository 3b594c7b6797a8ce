"""Real market data that comes inside installed packages: the first run needs no network."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from components.contracts import Source
from components.data._table import checked_panel
from components.errors import DataError
from components.panel import Panel
from components.values import SourceFacts

if TYPE_CHECKING:
    import pandas as pd

OHLCV = ("open", "high", "low", "close", "volume")
PATHS = {
    "sp500": ("arch", "data/sp500/sp500.csv.gz"),
    "nasdaq": ("arch", "data/nasdaq/nasdaq.csv.gz"),
    "us20": ("skfolio", "datasets/data/sp500_dataset.csv.gz"),
}


@dataclass(frozen=True, kw_only=True)
class Bundled(Source):
    """Bars from the data files of the packages arch and skfolio.

    dataset  sp500: S&P 500 index, daily OHLCV, 1999-2018 (arch)
             nasdaq: NASDAQ Composite index, daily OHLCV, 1999-2018 (arch)
             us20: closes of 20 large US stocks, adjusted for splits and dividends, 1990-2022 (skfolio),
             chosen with hindsight: all of them survived
    """

    dataset: Literal["sp500", "nasdaq", "us20"]

    def facts(self) -> SourceFacts:
        if self.dataset == "us20":
            return SourceFacts(
                identity="bundled:us20",
                description="20 large US stocks, daily closes, from the skfolio package",
                survivorship="biased",
                adjustment="total",
            )
        name = {"sp500": "S&P 500", "nasdaq": "NASDAQ Composite"}[self.dataset]
        return SourceFacts(
            identity=f"bundled:{self.dataset}",
            description=f"{name} index, daily bars, from the arch package",
            survivorship="free",
            adjustment="split",
        )

    def fields(self) -> tuple[str, ...]:
        return ("close",) if self.dataset == "us20" else OHLCV

    def load(self) -> Panel:
        import pandas as pd

        package, inside = PATHS[self.dataset]
        table = pd.read_csv(_package_file(package, inside))
        frame = _stocks(table) if self.dataset == "us20" else _index(table, self.dataset)
        return checked_panel(frame, where=f"{package}/{inside}")

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return tuple({"dataset": name} for name in PATHS)


def _package_file(package: str, inside: str) -> Path:
    # find_spec reads no code of the package: importing arch costs seconds, its data file nothing.
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / inside if spec and spec.origin else None
    if path is None or not path.is_file():
        raise DataError(f"{package}: the package's data file {inside} is absent; pip install {package}")
    return path


def _index(table: "pd.DataFrame", symbol: str) -> "pd.DataFrame":
    import pandas as pd

    times = pd.to_datetime(table["Date"], format="%m/%d/%Y")
    bars = {name: table[name.capitalize()].astype("float64") for name in OHLCV}
    return pd.DataFrame({"symbol": symbol, "timestamp": times, **bars})


def _stocks(table: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    table["timestamp"] = pd.to_datetime(table.pop("Date"), format="%Y-%m-%d")
    tidy = table.melt(id_vars="timestamp", var_name="symbol", value_name="close")
    return tidy.sort_values(["symbol", "timestamp"], ignore_index=True)
