"""Which bars an experiment may look at.

Shape legend: R panel rows.
"""

import numpy as np

from components.bars import Bars
from components.contracts import Source, Split
from components.panel import Panel
from runner.specification.debug import Debug


def visible_bars(source: Source, split: Split) -> tuple[Bars, np.datetime64 | None]:
    """The source's bars without the vault, which nothing may look at, and when the vault begins."""
    bars = source.bars()
    begins = split.vault_begins(bars.timestamps_R)
    return bars if begins is None else bars.before(begins), begins


def corner(panel: Panel, debug: Debug) -> Panel:
    """The panel, or in a debug run only a part of it."""
    keep_R = np.ones(panel.n_rows, dtype=bool)
    if debug.max_symbols is not None:
        keep_R &= panel.symbol_codes_R < debug.max_symbols
    if debug.max_bars is not None and len(panel.dates_T) > debug.max_bars:
        keep_R &= panel.timestamps_R >= panel.dates_T[-debug.max_bars]
    return panel if keep_R.all() else panel.take(keep_R)
