"""Where samples come from: rows of a table behind a preprocessor.

Shape legend: R panel rows, B rows of a block, N samples, F features.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from components.contracts import FittedPreprocessor, Preprocessor
from components.panel import Panel
from components.statistics.distinct import distinct
from components.values import Block, Int, Samples
from runner.compute.design import design_matrix, raw_features
from runner.compute.features import FeatureTable
from runner.compute.purge import eligible_rows
from runner.compute.target import Labels


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """Where samples come from: the columns of a table behind a preprocessor, the labels, the panel.

    lookback_rows: rows of its symbol that a model reads, the forecast row included.
    """

    preprocess: Preprocessor
    table: FeatureTable
    labels: Labels
    panel: Panel
    lookback_rows: int = 1

    @cached_property
    def ready_R(self) -> npt.NDArray[np.bool_]:
        """Rows that a block may hold."""
        return eligible_rows(self.preprocess, self.table, self.panel)

    @cached_property
    def eligible_R(self) -> npt.NDArray[np.bool_]:
        """Rows that can be samples."""
        return eligible_rows(self.preprocess, self.table, self.panel, self.lookback_rows)

    def raw(self, rows: Int) -> Samples:
        """All features as they are, from which a preprocessor learns."""
        return Samples.of(
            X_NF=raw_features(self.table.values_FR, rows),
            y_N=self.labels.y_RK[rows],
            columns=self.table.features,
            timestamps_N=self.panel.timestamps_R[rows],
            symbols_N=self.panel.symbol_codes_R[rows],
        )

    def blocked(self, rows: Int, inputs: tuple[str, ...], preprocessor: FittedPreprocessor) -> "Blocked":
        """One block from which samples of these rows, and of no later date, can be taken."""
        block_rows = self._block_rows(distinct(rows))
        codes_B = self.panel.symbol_codes_R[block_rows]
        values_BF = design_matrix(
            self.table.values_FR, block_rows, self.panel.timestamps_R[block_rows], inputs, preprocessor
        )
        return Blocked(
            design=self,
            rows_B=block_rows,
            block=Block(values_RF=values_BF, columns=inputs, first_R=np.searchsorted(codes_B, codes_B)),
        )

    def prepared(self, rows: Int, inputs: tuple[str, ...], preprocessor: FittedPreprocessor) -> Samples:
        """What a model reads of these rows alone."""
        return self.blocked(rows, inputs, preprocessor).samples(rows)

    def _block_rows(self, rows: Int) -> Int:
        """The rows, and all that they need: what compares symbols sees all of a date that can be forecast, labelled
        or not, as it will live; what looks back sees all before."""
        if self.lookback_rows > 1:
            until = self.panel.timestamps_R[rows].max()
            return np.flatnonzero(self.ready_R & (self.panel.timestamps_R <= until))
        if not self.preprocess.cross_sectional:
            return rows
        dates = np.zeros(len(self.panel.dates_T), dtype=bool)
        dates[self.panel.date_codes_R[rows]] = True
        return np.flatnonzero(self.ready_R & dates[self.panel.date_codes_R])


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocked:
    """A block, and which panel rows it holds."""

    design: Design
    rows_B: Int
    block: Block

    def samples(self, rows: Int) -> Samples:
        """Samples of panel rows that the block holds."""
        design = self.design
        return Samples(
            block=self.block,
            rows_N=np.searchsorted(self.rows_B, rows),
            y_NK=design.labels.y_RK[rows],
            timestamps_N=design.panel.timestamps_R[rows],
            symbols_N=design.panel.symbol_codes_R[rows],
        )
