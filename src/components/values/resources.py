"""What a fit may use."""

import os
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

from components.ranges import Ge


@dataclass(frozen=True, kw_only=True)
class Resources:
    """No byte of a result depends on threads, workers or folds; device and precision are part of what is computed.

    threads    processor threads of one fit, 0: all
    workers    fits side by side, each on one thread, 0: as many as there are processors
    device     where networks are fitted
    precision  in which networks are fitted
    folds      where fits side by side run: on threads of this process, or on the nodes of a Ray cluster
    """

    inert: ClassVar[frozenset[str]] = frozenset({"threads", "workers", "folds"})

    threads: Annotated[int, Ge(0)]
    workers: Annotated[int, Ge(0)]
    device: Literal["cpu", "cuda"]
    precision: Literal["float32", "bfloat16", "float16"]
    folds: Literal["threads", "ray"] = "threads"

    @property
    def side_by_side(self) -> int:
        """How many fits may run at once; `threads` bounds it as well."""
        return self.workers or self.threads or os.cpu_count() or 1

    def for_one_of(self, fits: int) -> "Resources":
        """What one of so many independent fits may use: alone, all of it; beside others, one thread."""
        return self if min(fits, self.side_by_side) == 1 else replace(self, threads=1, workers=1)
