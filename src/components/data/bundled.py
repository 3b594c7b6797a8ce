"""Real market data that comes inside installed packages: the first run needs no network."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from components.bars import Bars
from components.contracts import Source
from components.data._content import content_of_files
from components.errors import Unavailable
from components.panel import Panel
from components.structure import strict
from components.values import SourceFacts

if TYPE_CHECKING:
    import pandas as pd

OHLCV = ("open", "high", "low", "close", "volume")
US_DATE, ISO_DATE, MONTH = "%m/%d/%Y", "%Y-%m-%d", "%Y%m"


@dataclass(frozen=True, kw_only=True)
class _File:
    """A data file of a package.

    fields       the columns of a file with one symbol, as fields; of a file with one column a symbol, the one
                 field that they hold
    symbol       the one symbol; null: every column is a symbol
    is_monthly   values are for whole months, and are stamped with the last day of theirs
    lag          when a value is published, in words; empty: at its time
    """

    package: Literal["arch", "skfolio"]
    path: str
    description: str
    fields: tuple[str, ...]
    symbol: str | None
    date_format: str
    survivorship: Literal["free", "biased"] = "free"
    adjustment: Literal["raw", "split", "total"] = "raw"
    is_monthly: bool = False
    lag: str = ""


FILES: Mapping[str, _File] = {
    "sp500": _File(
        package="arch",
        path="data/sp500/sp500.csv.gz",
        description="S&P 500 index, daily bars",
        fields=OHLCV,
        symbol="sp500",
        date_format=US_DATE,
        adjustment="split",
    ),
    "nasdaq": _File(
        package="arch",
        path="data/nasdaq/nasdaq.csv.gz",
        description="NASDAQ Composite index, daily bars",
        fields=OHLCV,
        symbol="nasdaq",
        date_format=US_DATE,
        adjustment="split",
    ),
    "us20": _File(
        package="skfolio",
        path="datasets/data/sp500_dataset.csv.gz",
        description="20 large US stocks, daily closes",
        fields=("close",),
        symbol=None,
        date_format=ISO_DATE,
        survivorship="biased",
        adjustment="total",
    ),
    "sp500_index": _File(
        package="skfolio",
        path="datasets/data/sp500_index.csv.gz",
        description="S&P 500 index, daily closes",
        fields=("close",),
        symbol="sp500",
        date_format=ISO_DATE,
        adjustment="split",
    ),
    "factor_etfs": _File(
        package="skfolio",
        path="datasets/data/factors_dataset.csv.gz",
        description="5 US factor ETFs, daily closes",
        fields=("close",),
        symbol=None,
        date_format=ISO_DATE,
        survivorship="biased",
        adjustment="total",
    ),
    "vix": _File(
        package="arch",
        path="data/vix/vix.csv.gz",
        description="VIX index, daily, index points",
        fields=("value",),
        symbol="vix",
        date_format=US_DATE,
    ),
    "wti": _File(
        package="arch",
        path="data/wti/wti.csv.gz",
        description="WTI crude oil, daily spot price, USD a barrel",
        fields=("value",),
        symbol="wti",
        date_format=US_DATE,
        lag="a day's WTI price is published up to a week later",
    ),
    "crude_oil": _File(
        package="arch",
        path="data/crude/crude.csv.gz",
        description="Brent and WTI crude oil, monthly mean price, USD a barrel",
        fields=("value",),
        symbol=None,
        date_format=ISO_DATE,
        is_monthly=True,
        lag="a month's oil prices are published some days after its end",
    ),
    "corporate_yields": _File(
        package="arch",
        path="data/default/default.csv.gz",
        description="Moody's yields of AAA and BAA bonds, monthly mean, percent a year",
        fields=("value",),
        symbol=None,
        date_format=US_DATE,
        is_monthly=True,
        lag="a month's yields are published some days after its end",
    ),
    "core_cpi": _File(
        package="arch",
        path="data/core_cpi/core-cpi.csv.gz",
        description="US consumer prices without food and energy, monthly index, 1982-84 = 100",
        fields=("value",),
        symbol="core_cpi",
        date_format=US_DATE,
        is_monthly=True,
        lag="a month's core CPI is published two to three weeks after its end, and its seasonal adjustment is revised",
    ),
    "fama_french": _File(
        package="arch",
        path="data/frenchdata/frenchdata.csv.gz",
        description="Fama-French factors of US stocks, monthly returns, percent",
        fields=("mkt_rf", "smb", "hml", "rf"),
        symbol="us",
        date_format=MONTH,
        is_monthly=True,
        lag="a month's factor returns are published weeks after its end",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Bundled(Source):
    """Data files of the packages arch and skfolio: bars, closes, and series to join with them.

    dataset  bars: sp500 (S&P 500 index) and nasdaq (NASDAQ Composite), daily open, high, low, close, volume,
             1999-2018; us20, daily closes of 20 large US stocks, 1990-2022, adjusted for splits and
             dividends, chosen with hindsight: all of them survived; sp500_index, daily closes, 1990-2022;
             factor_etfs, daily adjusted closes of MTUM, QUAL, SIZE, USMV and VLUE, 2014-2022, chosen with
             hindsight. The indices leave dividends out
             series, with the field value: vix, daily, 2014-2019; wti, daily, 1986-2019; crude_oil, monthly
             Brent and WTI, 1987-2020; corporate_yields, monthly AAA and BAA, 1919-2018; core_cpi, monthly,
             1957-2018. fama_french, monthly, 1926-2018, has the fields mkt_rf, smb, hml and rf
    A series of months is stamped with the last day of its month; it was published later than that, as the
    run's cautions say: join it with a lag. Series are of one vintage, with later revisions. Days without a
    value are left out.
    """

    dataset: Literal[
        "sp500",
        "nasdaq",
        "us20",
        "sp500_index",
        "factor_etfs",
        "vix",
        "wti",
        "crude_oil",
        "corporate_yields",
        "core_cpi",
        "fama_french",
    ]

    def facts(self) -> SourceFacts:
        file = FILES[self.dataset]
        return SourceFacts(
            identity=f"bundled:{self.dataset}",
            description=f"{file.description}, from the {file.package} package",
            survivorship=file.survivorship,
            adjustment=file.adjustment,
            cautions=(f"{self.dataset}: {file.lag}; join it with a lag of that length",) if file.lag else (),
        )

    def fields(self) -> tuple[str, ...]:
        return FILES[self.dataset].fields

    def content(self) -> str:
        file = FILES[self.dataset]
        return content_of_files([_package_file(file.package, file.path)])

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        import pandas as pd

        file = FILES[self.dataset]
        table = pd.read_csv(
            _package_file(file.package, file.path), encoding="utf-8-sig", dtype={"Date": str}, na_values="."
        )
        times = pd.to_datetime(table.pop("Date"), format=file.date_format)
        table.insert(0, "timestamp", times + pd.offsets.MonthEnd(0) if file.is_monthly else times)
        tidy = _by_symbol(table, file) if file.symbol is None else _of_one(table, file)
        tidy = tidy.dropna(subset=list(file.fields), how="all")
        return Bars.from_frame(tidy, where=f"{file.package}/{file.path}").ordered()

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return tuple({"dataset": name} for name in FILES)


def _package_file(package: str, inside: str) -> Path:
    # find_spec reads no code of the package: importing arch costs seconds, its data file nothing.
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / inside if spec and spec.origin else None
    if path is None or not path.is_file():
        raise Unavailable(f"{package}: the package's data file {inside} is absent; pip install {package}")
    return path


def _of_one(table: "pd.DataFrame", file: _File) -> "pd.DataFrame":
    """Fields by their names where the file has them, else by their order."""
    names = {column.lower().replace("-", "_"): column for column in table.columns[1:]}
    columns = [names.get(field, table.columns[1 + i]) for i, field in enumerate(file.fields)]
    values = table[columns].astype("float64").set_axis(list(file.fields), axis=1)
    return values.assign(timestamp=table["timestamp"], symbol=file.symbol)


def _by_symbol(table: "pd.DataFrame", file: _File) -> "pd.DataFrame":
    tidy = table.melt(id_vars="timestamp", var_name="symbol", value_name=file.fields[0])
    return tidy.astype({file.fields[0]: "float64"})
