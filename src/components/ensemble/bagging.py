"""Bagging over blocks of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import Ensemble, Model
from components.ensemble._committee import Committee
from components.errors import DataError
from components.ranges import Ge, Gt, Le
from components.values import Float, Samples


@dataclass(frozen=True, kw_only=True)
class Bagging(Ensemble):
    """The mean of n_members fits of the configured model, each on its own bootstrap sample of train.

    Breiman (1996), "Bagging Predictors", Machine Learning 24. The sample is drawn in blocks of
    consecutive decision times with all their symbols, starts uniform and with replacement (moving
    blocks, Künsch 1989, Ann. Statist. 17(3)): labels overlap, so single rows are no independent draws.

    n_members: fits, 2 or more; sample_fraction: decision times drawn, as a share of train's;
    block_bars: consecutive decision times in a block.

    Raises DataError where train has fewer decision times than a block.
    """

    n_members: Annotated[int, Ge(2)]
    sample_fraction: Annotated[float, Gt(0), Le(1)]
    block_bars: Annotated[int, Ge(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"n_members": 2, "sample_fraction": 1.0, "block_bars": 5},
            {"n_members": 3, "sample_fraction": 0.5, "block_bars": 1},
        )

    def around(self, model: Model) -> Model:
        members = {f"bag_{number}": model for number in range(1, self.n_members + 1)}
        return _Bagged(members=members, sample_fraction=self.sample_fraction, block_bars=self.block_bars)


@dataclass(frozen=True, kw_only=True)
class _Bagged(Committee):
    sample_fraction: float
    block_bars: int

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()

    def sample(self, train: Samples, seed: int) -> Samples:
        times_T, time_N = np.unique(train.timestamps_N, return_inverse=True)
        if len(times_T) < self.block_bars:
            raise DataError(
                f"the train span has {len(times_T)} decision times, fewer than one block of "
                f"ensemble.block_bars = {self.block_bars}; use a longer history or shorter blocks"
            )
        n_blocks = max(1, round(self.sample_fraction * len(times_T) / self.block_bars))
        starts = np.random.default_rng(seed).integers(len(times_T) - self.block_bars + 1, size=n_blocks)
        by_time = np.argsort(time_N, kind="stable")
        bounds = np.searchsorted(time_N[by_time], np.arange(len(times_T) + 1))
        blocks = [by_time[bounds[start] : bounds[start + self.block_bars]] for start in np.sort(starts)]
        return train.take(np.concatenate(blocks))

    def weights(self, forecasts_MN: Float, valid: Samples) -> Float:
        return np.full(len(self.members), 1.0 / len(self.members))
