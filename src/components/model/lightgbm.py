"""Gradient-boosted trees by LightGBM, for its own objectives and for any loss written in torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le

from components.contracts import NOTHING, FittedModel, Inherited, Loss, Model
from components.errors import ConfigError, DataError, Problem
from components.model._autograd import TorchObjective
from components.model._trees import ITERATIONS, TreeSum, trees_text
from components.optional import installation, missing
from components.seeds import derive
from components.values import Resources, Samples

TORCH = ("torch",)
OWN_LOSSES = "or choose a loss that LightGBM has itself, such as squared, huber or logistic"


@dataclass(frozen=True, kw_only=True)
class LightGBM(Model):
    """A sum of regression trees, each fitted to gradient and Hessian of the loss at the sum so far.

    Ke et al. (2017), "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 30.
    A loss that LightGBM has itself (`Loss.native`) is left to it; any other gets its derivatives
    from torch. Same bytes for any number of threads. Labels are read as float32. Rows must be finite.

    n_estimators: trees at most; learning_rate: share of each tree's step that is taken;
    num_leaves: leaves of a tree at most; min_child_samples: train rows in a leaf at least;
    max_bin: histogram bins of a feature at most; feature_fraction: share of the features drawn for
    each tree; bagging_fraction: share of the train rows drawn anew for each tree; lambda_l2: penalty on
    squared leaf values, in train rows; early_stopping_rounds: trees without a better mean loss on
    the valid rows after which it stops and keeps the best, or None: valid is not looked at.

    Raises DataError with too few train rows to draw from, or without valid rows to stop early on;
    ConfigError where the loss needs torch and it is missing.
    """

    n_estimators: Annotated[int, Ge(1)]
    learning_rate: Annotated[float, Gt(0), Le(1)]
    num_leaves: Annotated[int, Ge(2), Le(131072)]
    min_child_samples: Annotated[int, Ge(1)]
    max_bin: Annotated[int, Ge(2), Le(65535)]
    feature_fraction: Annotated[float, Gt(0), Le(1)]
    bagging_fraction: Annotated[float, Gt(0), Le(1)]
    lambda_l2: Annotated[float, Ge(0)]
    early_stopping_rounds: Annotated[int, Ge(1)] | None

    libraries: ClassVar[tuple[str, ...]] = ("lightgbm",)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        small = {
            "n_estimators": 20,
            "learning_rate": 0.1,
            "num_leaves": 7,
            "min_child_samples": 5,
            "max_bin": 63,
            "feature_fraction": 0.8,
            "bagging_fraction": 0.8,
            "lambda_l2": 1.0,
            "early_stopping_rounds": None,
        }
        return (small, {**small, "bagging_fraction": 1.0, "early_stopping_rounds": 5})

    def supports(self, loss: Loss) -> str | None:
        if loss.native("lightgbm") is None and missing(TORCH):
            return f"this loss only through torch, not installed; {installation(TORCH)}"
        return None

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
        import lightgbm

        if int(self.bagging_fraction * len(train)) == 0:
            raise DataError(
                f"the train span has {len(train)} rows, of which model.bagging_fraction = "
                f"{self.bagging_fraction} draws none; use a longer history"
            )
        native = loss.native("lightgbm")
        torch_objective = _torch_objective(loss, train) if native is None else None
        objective = native or {"objective": torch_objective, "metric": "None"}
        params = {**self._params(seed, resources.threads), **objective}
        data = _dataset(train, params, torch_objective)
        stopping: dict[str, Any] = {}
        if self.early_stopping_rounds is not None:
            if len(valid) == 0:
                raise DataError("the valid span has no rows to stop early on; set model.early_stopping_rounds: null")
            stopping = {
                "valid_sets": [_dataset(valid, params, torch_objective, reference=data)],
                "feval": torch_objective and torch_objective.evaluate,
                "callbacks": [lightgbm.early_stopping(self.early_stopping_rounds, verbose=False)],
            }
        booster = lightgbm.train(params, data, self.n_estimators, **stopping)
        base = torch_objective.start if torch_objective else 0.0
        return TreeSum(
            trees=trees_text(booster),
            base=base,
            link=loss.head.link,
            stopped_early=self.early_stopping_rounds is not None,
        )

    def with_chosen(self, chosen: Mapping[str, float]) -> Model:
        if self.early_stopping_rounds is None:
            return self
        return replace(self, n_estimators=max(1, round(chosen[ITERATIONS])), early_stopping_rounds=None)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return TreeSum.from_files(files)

    def _params(self, seed: int, threads: int) -> dict[str, Any]:
        return {
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_child_samples,
            "max_bin": self.max_bin,
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1 if self.bagging_fraction < 1 else 0,
            "lambda_l2": self.lambda_l2,
            "seed": derive(seed, "lightgbm"),
            "num_threads": threads,
            # Column-wise histograms are summed by one thread each: no sum depends on the number of threads.
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
        }


def _torch_objective(loss: Loss, train: Samples) -> TorchObjective:
    if missing(TORCH):
        message = f"LightGBM minimises {type(loss).__name__} through torch, not installed"
        raise ConfigError(Problem("loss", message, f"{installation(TORCH)}; {OWN_LOSSES}"))
    return TorchObjective.of(loss, train.y_N)


def _dataset(samples: Samples, params: dict[str, Any], objective: TorchObjective | None, reference: Any = None) -> Any:
    import lightgbm

    start_N = objective.start_scores(len(samples)) if objective else None
    return lightgbm.Dataset(samples.X_NF, samples.y_N, init_score=start_N, params=params, reference=reference)
