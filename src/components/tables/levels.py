"""Headers of several lines that name a field and a symbol for every column, as yfinance and Bloomberg write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FIELDS = frozenset(
    [
        "open",
        "high",
        "low",
        "close",
        "adjclose",
        "closeadj",
        "last",
        "price",
        "volume",
        "vol",
        "turnover",
        "value",
        "dividends",
        "stocksplits",
        "capitalgains",
        "repaired",
        "openinterest",
        "bid",
        "ask",
        "mid",
        "settle",
        "vwap",
        "average",
        "count",
        "amount",
        "pxopen",
        "pxhigh",
        "pxlow",
        "pxlast",
        "pxvolume",
        "pxclose",
        "totreturnindexgrossdvds",
        "pxsettle",
        "pxmid",
        "pxbid",
        "pxask",
        "nav",
        "return",
        "returns",
    ]
)
LEVEL_NAMES = frozenset(
    {"price", "ticker", "tickers", "symbol", "symbols", "attributes", "field", "fields", "date", ""}
)
SYMBOL = "symbol"


@dataclass(frozen=True, kw_only=True)
class Levels:
    """names: of the columns as they stand in a line; keys: columns without a symbol; places: symbol -> field ->
    column."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    places: Mapping[str, Mapping[str, str]]

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field of any symbol."""
        return tuple(dict.fromkeys(field for columns in self.places.values() for field in columns))

    @property
    def long(self) -> tuple[str, ...]:
        """The names of the table with a line per key and symbol."""
        return (*self.keys, SYMBOL, *self.fields)


def levels_of(block: Sequence[Sequence[str]], n: int) -> Levels | None:
    """What the last lines of names say; None where they are no two levels.

    The last may name the index alone (Date,,,). Of the two others one consists of known fields, and field and symbol
    together are unique.
    """
    lines = [[*cells, *[""] * (n - len(cells))][:n] for cells in block]
    index = ""
    if len(lines) > 2 and lines[-1][0] and not any(lines[-1][1:]):
        index = lines.pop()[0]
    if len(lines) < 2:
        return None
    upper, lower = lines[-2], lines[-1]
    if any("" in line[1:] and len(set(line[1:]) - {""}) < 2 for line in (upper, lower)):
        return None  # a title above the names, not a symbol that holds for several columns
    upper, lower = _filled(upper), _filled(lower)
    rest = range(1, n)
    are_fields = [all(word(line[c]) in FIELDS for c in rest) for line in (upper, lower)]
    if are_fields[0] == are_fields[1] or not all(upper[c] and lower[c] for c in rest):
        return None
    fields, symbols = (upper, lower) if are_fields[0] else (lower, upper)
    named = any(word(line[0]) in LEVEL_NAMES - {"", "date"} for line in (upper, lower))
    if not all(word(symbols[c]) for c in rest) or (are_fields[0] and len({*symbols[1:]}) == 1 and not named):
        return None  # dashes, or one unit for all columns, below the names
    places: dict[str, dict[str, str]] = {}
    for c in rest:
        columns = places.setdefault(symbols[c], {})
        if fields[c] in columns:
            return None
        columns[fields[c]] = f"{symbols[c]}|{fields[c]}"
    key = index or _key_name(upper[0], lower[0])
    return Levels(names=(key, *(f"{symbols[c]}|{fields[c]}" for c in rest)), keys=(key,), places=places)


def word(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _key_name(upper: str, lower: str) -> str:
    """The name of the index: what does not merely name a level."""
    return next((name for name in (lower, upper) if word(name) not in LEVEL_NAMES - {"date"}), lower or upper or "Date")


def _filled(line: Sequence[str]) -> list[str]:
    """Merged cells say their value once: it holds up to the next."""
    found, filled = "", list(line[:1])
    for cell in line[1:]:
        found = cell or found
        filled.append(found)
    return filled
