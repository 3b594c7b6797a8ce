"""Any estimator of scikit-learn, by name."""

import inspect
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from components.contracts import NOTHING, FittedModel, Inherited, Loss, Model
from components.errors import DataError
from components.model._estimators import class_of, classifies, estimator_from, files_of, flaws_of
from components.model._sklearn_graph import graph_of
from components.onnx_graph import rounded
from components.seeds import derive
from components.values import Float, Resources, Samples, Statistic

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True, kw_only=True)
class ScikitLearn(Model):
    """The estimator with these parameters, one for each target; what it minimises is its own (Pedregosa et al. 2011,
    "Scikit-learn: Machine Learning in Python", JMLR 12).

    estimator    regressor or classifier with its module, such as ensemble.RandomForestRegressor
    parameters   of its constructor; those that are not named are scikit-learn's. seed and threads come from the
                 experiment
    standardise  features at train mean 0 and standard deviation 1, which penalties and kernels need and trees do not

    A regressor forecasts a mean (loss=squared), a classifier the probability of a rise (loss=logistic). Sample weights
    are used where the estimator takes them. Rows must be finite. Raises DataError without train rows, or where the
    estimator cannot be fitted on them, such as a classifier on labels of one kind.
    """

    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn",)
    optional: ClassVar[tuple[str, ...]] = ("skops", "skl2onnx")
    gives: ClassVar[frozenset[Statistic]] = frozenset({"mean", "probability"})
    several_targets: ClassVar[bool] = True

    estimator: str
    parameters: Mapping[str, bool | int | float | str | tuple[int, ...] | None]
    standardise: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"estimator": "linear_model.ElasticNet", "parameters": {"alpha": 0.01}, "standardise": True},
            {"estimator": "linear_model.LogisticRegression", "parameters": {"C": 0.1}, "standardise": True},
            {
                "estimator": "ensemble.RandomForestRegressor",
                "parameters": {"n_estimators": 5, "max_depth": 3},
                "standardise": False,
            },
            {
                "estimator": "ensemble.GradientBoostingClassifier",
                "parameters": {"n_estimators": 5},
                "standardise": True,
            },
            {"estimator": "svm.SVR", "parameters": {"C": 0.1}, "standardise": True},
        )

    def flaws(self) -> tuple[str, ...]:
        return flaws_of(self.estimator, self.parameters)

    @property
    def _purpose(self) -> Literal["regressor", "classifier"] | None:
        """None where there is no such estimator, which `flaws` says."""
        return None if self.flaws() else "classifier" if classifies(self.estimator) else "regressor"

    @property
    def draws_rows(self) -> bool:
        return "random_state" in inspect.signature(class_of(self.estimator)).parameters

    def supports(self, loss: Loss) -> str | None:
        if self._purpose is None:
            return None
        if self._purpose == "classifier":
            wanted = loss.head.statistic == "probability"
            return None if wanted else "the log likelihood only, as a classifier (loss=logistic)"
        return None if loss.least_squares else "the squared error only, as a regressor (loss=squared)"

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
        if len(train) == 0:
            raise DataError("the train span has no rows to fit on; use a longer history")
        made = [self._fitted(train, target, seed, resources) for target in range(train.y_NK.shape[1])]
        return Fitted(estimators=tuple(made), probability=classifies(self.estimator))

    def _fitted(self, train: Samples, target: int, seed: int, resources: Resources) -> Any:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.utils.validation import has_fit_parameter

        kind = class_of(self.estimator)
        known = inspect.signature(kind).parameters
        ours = {"random_state": derive(seed, "scikit-learn", target), "n_jobs": resources.threads or -1}
        estimator = kind(**self.parameters, **{name: value for name, value in ours.items() if name in known})
        weighted = train.weight_N is not None and has_fit_parameter(estimator, "sample_weight")
        weights = {f"{kind.__name__.lower()}__sample_weight": train.weight_N} if weighted else {}
        steps = make_pipeline(*([StandardScaler()] if self.standardise else []), estimator)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a solver stopped early, or that a column is constant
                steps.fit(train.X_NF.astype(np.float64), train.y_NK[:, target], **weights)
        except (ValueError, ArithmeticError) as error:
            raise DataError(f"{self.estimator} cannot be fitted on {len(train)} train rows: {_line(error)}") from None
        if "n_jobs" in known:
            estimator.set_params(n_jobs=1)  # what is written down knows no threads, and sums are in one order
        return steps

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        numbers = sorted({name.partition("/")[0] for name in files}, key=int)
        parts = [{n.partition("/")[2]: data for n, data in files.items() if n.startswith(f"{k}/")} for k in numbers]
        made = tuple(estimator_from(part) for part in parts)
        return Fitted(estimators=made, probability=classifies(self.estimator))


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted(FittedModel):
    """One fitted pipeline for each target."""

    estimators: tuple[Any, ...]
    probability: bool

    def predict(self, samples: Samples) -> Float:
        if len(samples) == 0:
            return np.zeros((0, len(self.estimators)))
        X_NF = samples.X_NF.astype(np.float64)
        try:
            columns = [self._column(one, X_NF) for one in self.estimators]
        except (ValueError, ArithmeticError) as error:
            raise DataError(f"{self._name} cannot forecast {len(samples)} rows: {_line(error)}") from None
        values_NO = rounded(np.column_stack(columns))
        if not np.isfinite(values_NO).all():
            raise DataError(f"{self._name} forecasts no number for {int((~np.isfinite(values_NO)).sum())} rows")
        return values_NO

    @property
    def _name(self) -> str:
        return type(self.estimators[0][-1]).__name__

    def _column(self, estimator: Any, X_NF: Float) -> Float:
        if not self.probability:
            return np.asarray(estimator.predict(X_NF), dtype=np.float64).ravel()
        return _of_class(estimator, 1, estimator.predict_proba(X_NF))

    def to_files(self) -> dict[str, bytes]:
        return {
            f"{number}/{name}": data
            for number, one in enumerate(self.estimators, start=1)
            for name, data in files_of(one).items()
        }

    def to_onnx(self) -> "onnx.ModelProto":
        return graph_of(self.estimators, probability=self.probability)


def _of_class(estimator: Any, wanted: int, probability_NC: Float) -> Float:
    """(N,) the column of the class; 0 where no train row was of it."""
    places = np.flatnonzero(estimator.classes_ == wanted)
    return probability_NC[:, places[0]] if len(places) else np.zeros(len(probability_NC))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
