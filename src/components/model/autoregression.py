"""A linear regression on the last rows of a symbol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from components.contracts import NOTHING, FittedModel, Inherited, Loss, Model
from components.model._linear_function import LinearFunction, least_squares_only
from components.model.ridge import Ridge
from components.ranges import Ge, Gt, Le
from components.values import Float, Resources, Samples, Statistic

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True, kw_only=True)
class Autoregression(Model):
    """Ridge regression on the features of the last rows: f(x[t-L+1] .. x[t]) = b0 + sum over l of x[t-l] . b_l,

    each lag of a feature at train mean 0 and standard deviation 1, the squared slopes shrunk (see model/ridge). With
    past labels among the features it is an autoregression; with others, one of distributed lags: Almon (1965), "The
    Distributed Lag Between Capital Appropriations and Expenditures", Econometrica 33(1), eq. 1.

    window_rows: L, rows of its symbol that one forecast reads, its own included, 2 to 512; a row with fewer before it
    is neither fitted on nor forecast. Rows that cannot be forecast, where a feature is missing, are none of them.
    penalty: weight of the squared slopes, in train rows, > 0.

    Rows must be finite. Fitting holds train rows x L x features float64 in memory. Raises DataError without train rows.
    """

    gives: ClassVar[frozenset[Statistic]] = frozenset({"mean"})
    several_targets: ClassVar[bool] = True

    window_rows: Annotated[int, Ge(2), Le(512)]
    penalty: Annotated[float, Gt(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"window_rows": 20, "penalty": 10.0}, {"window_rows": 2, "penalty": 1.0})

    @property
    def lookback_rows(self) -> int:
        return self.window_rows

    def supports(self, loss: Loss) -> str | None:
        return least_squares_only(loss)

    def fit(
        self,
        train: Samples,
        valid: Samples,
        *,
        loss: Loss,
        seed: int,
        resources: Resources,
        inherited: Inherited = NOTHING,
    ) -> FittedModel:
        ridge = Ridge(penalty=self.penalty)
        flat = flattened(train, self.window_rows)
        function = ridge.fit(flat, flat, loss=loss, seed=seed, resources=resources)
        assert isinstance(function, LinearFunction)
        return FunctionOfWindow(function=function, window_rows=self.window_rows)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return FunctionOfWindow(function=LinearFunction.from_files(files), window_rows=self.window_rows)


def flattened(samples: Samples, window_rows: int) -> Samples:
    """The same samples with the columns of their last rows side by side, oldest first: (N, L x F)."""
    windows_NLF = samples.windows(window_rows)
    n_columns = window_rows * len(samples.columns)
    columns = tuple(f"{name}[{lag}]" for lag in range(1 - window_rows, 1) for name in samples.columns)
    return samples.with_features(windows_NLF.reshape(len(samples), n_columns), columns)


@dataclass(frozen=True, kw_only=True, eq=False)
class FunctionOfWindow(FittedModel):
    """A linear function of the last rows, side by side."""

    function: LinearFunction
    window_rows: int

    def predict(self, samples: Samples) -> Float:
        return self.function.predict(flattened(samples, self.window_rows))

    def to_files(self) -> dict[str, bytes]:
        return self.function.to_files()

    def to_onnx(self) -> "onnx.ModelProto":
        return self.function.graph(lookback_rows=self.window_rows)
