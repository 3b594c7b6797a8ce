"""Values that are numbers and cannot be right."""

from pathlib import Path

import numpy as np

from shapes.bad.base import (
    FILES,
    INIT,
    LINE,
    Bad,
    each,
    long_rows,
    renamed,
    saved,
    with_cell,
)
from shapes.writing import (
    N,
    hourly,
    lines,
    texts,
)


def values() -> dict[str, Bad]:
    data = (INIT, FILES)
    some = lambda change: lambda n, text: change(text) if n % 12 == 5 else text  # noqa: E731
    return {
        "value: a twelfth of the closes missing": Bad(write=each("close", some(lambda _: "")), says=("close", "missing"), verbs=data),
        "value: a twelfth of the closes zero": Bad(write=each("close", some(lambda _: "0")), says=("close", "0|zero|positive"), verbs=data),
        "value: a twelfth of the closes negative": Bad(
            write=each("close", some(lambda t: "-" + t)), says=("close", "negative|positive|-"), verbs=data
        ),
        "value: a twelfth of the closes tenfold": Bad(
            write=each("close", some(lambda t: f"{float(t) * 10:.2f}")), says=("close|high", "outside|above|range"), verbs=data
        ),
        "value: high and low exchanged": Bad(write=renamed(high="low", low="high"), says=("high", "low"), verbs=data),
        "value: close and volume exchanged": Bad(
            write=renamed(close="volume", volume="close"), says=("close", "outside|high|range"), verbs=data
        ),
        "value: every volume negative": Bad(
            write=each("volume", lambda _, t: "-" + t), says=("volume", "negative|-"), verbs=data
        ),
        "value: no close at all": Bad(write=each("close", lambda *_: ""), says=("close", "missing|empty|no number|no value|nothing"), verbs=data),
        "value: no symbol in one row": Bad(
            write=saved(with_cell(long_rows(), "symbol", "")), says=(LINE, "symbol"), symbol="symbol"
        ),
        "value: a symbol of spaces": Bad(
            write=saved(with_cell(long_rows(), "symbol", "  ")), says=(LINE, "symbol"), symbol="symbol"
        ),
        "value: a bar of one symbol twice": Bad(
            write=saved([*long_rows(), *long_rows()[1:]]), says=("AAA", "twice|second|duplicate|same|sorted"), symbol="symbol",
            verbs=data,
        ),
        "value: a column that separates no symbols": Bad(
            write=saved([row.replace("BBB", "AAA") for row in long_rows()]), says=("twice|second|duplicate|same|sorted",), symbol="symbol",
        ),
        "value: symbols that never meet": Bad(
            write=never_meeting, says=("together|share|meet|common|cross",), verbs=(INIT, FILES), symbol="symbol",
            told="together|share|meet|common|same time|cross",
        ),
    }  # fmt: skip


def never_meeting(folder: Path) -> Path:
    found = ["symbol,date,open,high,low,close,volume"]
    for minutes, (name, seed) in enumerate((("AAA", 62), ("BBB", 63), ("CCC", 64))):
        series = hourly(seed)
        moved = series.at(series.times_N + np.timedelta64(7 * minutes, "m"))
        found += lines([[name] * N, moved.dates("%Y-%m-%d %H:%M"), *texts(series)])
    return saved(found)(folder)
