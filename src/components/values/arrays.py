"""Types of arrays."""

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


Float32 = npt.NDArray[np.float32]


Int = npt.NDArray[np.int64]


Time = npt.NDArray[np.datetime64]
