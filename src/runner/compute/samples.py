"""Where samples come from: rows of a table behind a preprocessor.

Shape legend: R panel rows, N samples, F features.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from components.contracts import FittedPreprocessor, Preprocessor
from components.panel import Panel
from components.values import Float32, Int, Samples
from runner.compute.design import design_matrix, raw_features
from runner.compute.features import FeatureTable
from runner.compute.folds import eligible_rows
from runner.compute.target import Labels


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """Where samples come from: the columns of a table behind a preprocessor, the labels, the panel."""

    preprocess: Preprocessor
    table: FeatureTable
    labels: Labels
    panel: Panel

    @cached_property
    def eligible_R(self) -> npt.NDArray[np.bool_]:
        return eligible_rows(self.preprocess, self.table, self.panel)

    def raw(self, rows: Int) -> Samples:
        """All features as they are, from which a preprocessor learns."""
        return self._samples(rows, raw_features(self.table.values_FR, rows), self.table.features)

    def prepared(self, rows: Int, inputs: tuple[str, ...], preprocessor: FittedPreprocessor) -> Samples:
        """What a model reads. What compares symbols sees all of a date that can be forecast, labelled or not,
        as it will live."""
        whole = rows
        if self.preprocess.cross_sectional:
            dates = np.zeros(len(self.panel.dates_T), dtype=bool)
            dates[self.panel.date_codes_R[rows]] = True
            whole = np.flatnonzero(self.eligible_R & dates[self.panel.date_codes_R])
        X_NF = design_matrix(self.table.values_FR, whole, self.panel.timestamps_R[whole], inputs, preprocessor)
        return self._samples(rows, X_NF if whole is rows else X_NF[np.searchsorted(whole, rows)], inputs)

    def _samples(self, rows: Int, X_NF: Float32, columns: tuple[str, ...]) -> Samples:
        return Samples(
            X_NF=X_NF,
            y_N=self.labels.y_R[rows],
            columns=columns,
            timestamps_N=self.panel.timestamps_R[rows],
            symbols_N=self.panel.symbol_codes_R[rows],
        )
