"""Where the vault is cut off: nothing after it sees a bar of it. Promotion opens it, see `runner.promotion.vault`."""

import numpy as np

from components.bars import Bars
from components.contracts import Source, Split


def visible_bars(source: Source, split: Split) -> tuple[Bars, np.datetime64 | None]:
    """The source's bars without the vault, which nothing may look at, and when the vault begins."""
    bars = source.bars()
    begins = split.vault_begins(bars.timestamps_R)
    return bars if begins is None else bars.before(begins), begins
