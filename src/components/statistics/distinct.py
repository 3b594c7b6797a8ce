"""What distinct values there are, in order."""

from typing import Any

import numpy as np
import numpy.typing as npt


def distinct(values_M: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(D,) `np.unique(values_M)`, by sorting: rows and times come nearly sorted, and numpy's hashing of them takes ten
    times as long."""
    found_D: npt.NDArray[Any] = np.unique(values_M, return_index=True)[0]
    return found_D
