"""One symbol as the tests of windows, recursions and row order see it."""

from dataclasses import dataclass

import numpy as np

from components.leaks.examined import MIN_ROWS, Block, Known


@dataclass(frozen=True, kw_only=True, eq=False)
class Symbol:
    """bases: columns that are known at their own row and whose future must not be seen; names: those to examine;
    level: chance that a single statistic may have."""

    block: Block
    target: str
    known: Known
    horizon: int
    bases: tuple[str, ...]
    names: tuple[str, ...]
    level: float

    @property
    def based(self) -> tuple[str, ...]:
        """The bases that this symbol has values of."""
        return tuple(base for base in self.bases if varies(self.block, base))

    @property
    def others(self) -> tuple[str, ...]:
        """What is compared with the bases."""
        return tuple(name for name in self.names if name not in self.bases)


def varies(block: Block, name: str) -> bool:
    """Whether a column has enough values, and more than one."""
    known_T = block.columns[name][np.isfinite(block.columns[name])]
    return len(known_T) >= MIN_ROWS and bool(known_T.min() < known_T.max())
