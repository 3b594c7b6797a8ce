"""Intervals around forecasts that hold the outcome with a stated probability."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, ClassVar, get_args

import numpy as np

from components.calibration._out_of_fold import OutOfFold, enough
from components.contracts import FittedCalibration, Kind
from components.ranges import Ge, Gt, Lt
from components.values import Calibrated, Float, Statistic


@dataclass(frozen=True, kw_only=True)
class Conformal(OutOfFold):
    """f - q .. f + q with q the ceil((n + 1) coverage)-th smallest of n out-of-fold |y - f|; f stays as it is.

    coverage: probability that the outcome lies in its interval, > 0 and < 1.
    n_groups: groups of equally many forecasts, from low to high, each with a q of its own, >= 1: more than 1
    where errors grow with the forecast. Equal forecasts are never divided, and a group that would have too few
    rows is joined with its neighbour.

    If the new row and the n rows are exchangeable, the outcome is covered with at least that probability,
    whatever their distribution and however bad the model. Market data is exchangeable only roughly: widths
    lag behind a change of volatility, and overlapping labels are worth fewer rows than n. The report therefore
    shows the coverage that test spans really had, fold by fold. Raises DataError with fewer rows than
    ceil(coverage / (1 - coverage)). Source: Lei et al. 2018, Distribution-free predictive inference for
    regression, JASA 113, section 2.2; groups: Vovk, Gammerman & Shafer 2005, section 4.5.
    """

    forecast_kind: ClassVar[tuple[Kind, ...]] = ("level", "return")
    corrects: ClassVar[frozenset[Statistic]] = frozenset(get_args(Statistic))

    coverage: Annotated[float, Gt(0), Lt(1)]
    n_groups: Annotated[int, Ge(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"coverage": 0.9, "n_groups": 1, "source": "valid"},
            {"coverage": 0.8, "n_groups": 3, "source": "previous_tests"},
        )

    def interval_coverage(self) -> float | None:
        return self.coverage

    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        coverage = Fraction(repr(self.coverage))  # exact, so that no rounding moves the rank
        least = math.ceil(coverage / (1 - coverage))
        enough(forecast_N, least, f"coverage {self.coverage:g}")
        edges_E = _edges(forecast_N, self.n_groups, least)
        group_N = np.searchsorted(edges_E, forecast_N)
        half_G = []
        for group in range(len(edges_E) + 1):
            errors = np.sort(np.abs(y_N - forecast_N)[group_N == group])
            half_G.append(errors[math.ceil((len(errors) + 1) * coverage) - 1])
        return Intervals(edges_E=edges_E, half_G=np.array(half_G))

    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        return Intervals(
            edges_E=np.array(state["edges"], dtype=np.float64),
            half_G=np.array(state["half_width"], dtype=np.float64),
        )


def _edges(forecast_N: Float, n_groups: int, least: int) -> Float:
    """(E,) upper ends of all groups but the last, at most n_groups - 1; every group has `least` rows or more."""
    edges, below_last = [], 0
    for edge in np.unique(np.quantile(forecast_N, np.arange(1, n_groups) / n_groups)):
        below = int(np.count_nonzero(forecast_N <= edge))
        if below - below_last >= least and len(forecast_N) - below >= least:
            edges.append(edge)
            below_last = below
    return np.array(edges, dtype=np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Intervals(FittedCalibration):
    """f +- half_G[g] where g is the number of edges below f."""

    edges_E: Float
    half_G: Float

    def apply(self, forecast_N: Float) -> Calibrated:
        half_N = self.half_G[np.searchsorted(self.edges_E, forecast_N)]
        return Calibrated(forecast_N=forecast_N, lower_N=forecast_N - half_N, upper_N=forecast_N + half_N)

    def state(self) -> Mapping[str, Any]:
        return {"edges": self.edges_E.tolist(), "half_width": self.half_G.tolist()}
