"""fetch VENDOR SYMBOLS --from DATE --out FILE: bars of a vendor in one Parquet file, kept up to date

VENDOR is a choice of data that is asked for symbols: yfinance, ccxt, stooq, fred, ibkr, http. Its settings
are given as in an experiment, and keys are read from the environment variables that these name:

  python -m runner fetch yfinance SPY QQQ --from 2005-01-01 --out bars.parquet
  python -m runner fetch ccxt BTC/USDT --from 2022-01-01 --out btc.parquet data.exchange=kraken data.interval=1h

The same command again asks only for what the file lacks: later bars, and the last few that it holds, to see
whether the vendor changed them. If so, or with --again, the whole history is asked for, and what was changed is
named: symbol, first bar, how many and by how much, adjustments for splits and dividends as such. The file's
metadata hold vendor, settings, the time of every fetch and every change. It is replaced whole or not at all, and
what a killed fetch had got is taken up by the next one."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.errors import ConfigError
from runner.answer import Answer, said

if TYPE_CHECKING:
    from runner.fetching.fetch import Order, Outcome
    from runner.fetching.held import Revised

ANSWER = {
    "file": "text: the file",
    "vendor": "text: the choice of data that was asked",
    "bars": "integer: how many the file holds",
    "symbols": "map: symbol -> new (bars that the file did not hold), last (time of its last bar)",
    "revised": "list: of each change of bars that were held symbol, first, bars, says, adjustment, noticed_at",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Whom to ask for what, and where it goes."""
    add = parser.add_argument
    add("vendor", metavar="VENDOR", help="a choice of data that is asked for symbols, such as yfinance")
    add(
        "symbols",
        nargs="+",
        metavar="SYMBOL",
        help="the vendor's names; SETTING=VALUE is a setting, as data.interval=1h",
    )
    add("--from", dest="start", required=True, metavar="DATE", help="the first day, or time in UTC")
    add("--to", dest="end", metavar="DATE", help="bars before this day or time; default: today")
    add("--out", type=Path, required=True, metavar="FILE", help="the Parquet file, new or of an earlier fetch")
    add("--again", action="store_true", help="ask for all bars again and name what was changed")
    add("--retries", type=int, default=4, metavar="N", help="further attempts while the vendor is down (default: 4)")


def run(options: Namespace) -> Answer:
    """Writes the file; what is new and what was changed in it."""
    from runner.fetching.fetch import Outcome, fetch

    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(_line(outcome))

    order = _order(options)
    held = fetch(order, tell)
    content = {
        "file": str(order.out),
        "vendor": order.vendor,
        "bars": held.n_bars,
        "symbols": {outcome.symbol: {"new": outcome.new, "last": outcome.last} for outcome in outcomes},
        "revised": [asdict(change) for outcome in outcomes for change in outcome.revised],
    }
    symbols = "1 symbol" if len(held.symbols) == 1 else f"{len(held.symbols)} symbols"
    new = sum(outcome.new for outcome in outcomes)
    revised = (_revised(change) for outcome in outcomes for change in outcome.revised)
    told = said(*revised, f"{order.out}: {held.n_bars:,} bars of {symbols}, {new:,} of them new")
    return Answer(content, told, next=(f"init {order.out}",))


def _order(options: Namespace) -> "Order":
    from runner.fetching.fetch import Order

    settings = [text for text in options.symbols if text.startswith("data.") and "=" in text]
    symbols = tuple(dict.fromkeys(text for text in options.symbols if text not in settings))
    if options.out.suffix not in (".parquet", ".pq"):
        raise ConfigError(f"--out {options.out}: fetch writes Parquet; give it a name that ends in .parquet")
    if not symbols:
        raise ConfigError("fetch: names no symbol; write them behind the vendor")
    if options.retries < 0:
        raise ConfigError(f"--retries {options.retries}: must be at least 0")
    return Order(
        vendor=options.vendor,
        section=_section(options.vendor, settings),
        symbols=symbols,
        start=options.start,
        end=options.end or str(np.datetime64("today")),
        out=options.out,
        again=options.again,
        retries=options.retries,
    )


def _line(outcome: "Outcome") -> str:
    if outcome.failed is not None:
        return f"{outcome.symbol}: failed: {outcome.failed}"
    news = f"{outcome.new:,} new {'bar' if outcome.new == 1 else 'bars'}" if outcome.new else "nothing new"
    return f"{outcome.symbol}: {news}, up to {outcome.last}"


def _revised(change: "Revised") -> str:
    bars = f"{change.bars:,} {'bar' if change.bars == 1 else 'bars'}"
    return f"{change.symbol}: history was revised: {bars} from {change.first} on: {change.says}"


def _section(vendor: str, settings: list[str]) -> dict[str, Any]:
    """The section `data` of an experiment with this vendor. Raises ConfigError for what is none."""
    from runner.composition.check import nearest
    from runner.composition.compose import compose
    from runner.fetching.fetch import ASKED, vendors

    known = vendors()
    if vendor not in known:
        near = nearest(vendor, known)
        hint = f"did you mean '{near}'?" if near else f"vendors: {', '.join(known)}"
        raise ConfigError(f"fetch: '{vendor}' is no vendor; {hint}")
    composed = compose([f"data={vendor}", *settings])
    if composed.problems:
        raise ConfigError(*composed.problems)
    section: dict[str, Any] = composed.config["data"]
    return {name: value for name, value in section.items() if name not in ASKED}
