"""Where the vault is cut off: nothing after it sees a bar of it. Promotion opens it, see `runner.promotion.vault`."""

import numpy as np

from components.bars import Bars
from components.contracts import Source, Split
from components.errors import ConfigError, Problem


def visible_bars(source: Source, split: Split) -> tuple[Bars, np.datetime64 | None]:
    """The source's bars without the vault, which nothing may look at, and when the vault begins; what is sealed lies
    behind it unseen."""
    bars = source.bars()
    begins = split.vault_begins(bars.timestamps_R)
    if begins is None:
        return bars, None
    if len(bars.timestamps_R) and not (bars.timestamps_R >= begins).any() and source.seal() is None:
        last = str(bars.timestamps_R.max().astype("datetime64[s]")).removesuffix("T00:00:00")
        message = f"'{split.vault_start}' is after the last bar ({last}): nothing would be held back"
        raise ConfigError(Problem("split.vault_start", message, "choose an earlier date, or null for no vault"))
    return bars.before(begins), begins
