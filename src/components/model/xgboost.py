"""Gradient-boosted trees by XGBoost, for its own objectives and for any loss written in torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from components.contracts import NOTHING, FittedModel, Inherited, Loss, Model
from components.errors import DataError
from components.model._autograd import TorchObjective
from components.model._boosters import Booster, Boosters
from components.optional import installation, missing
from components.ranges import Ge, Gt, Le
from components.seeds import derive
from components.values import Resources, Samples, Statistic

TORCH = ("torch",)


@dataclass(frozen=True, kw_only=True)
class XGBoost(Model):
    """A sum of regression trees, each fitted to gradient and Hessian of the loss at the sum so far, its leaves shrunk.

    Chen and Guestrin (2016), "XGBoost: A Scalable Tree Boosting System", KDD, eq. 2 to 7; trees from histograms. A loss
    that XGBoost has itself (`Loss.native`) is left to it; any other gets its derivatives from torch. Labels are read
    as float32. Sample weights are used. Rows must be finite.

    n_estimators: trees at most; learning_rate: share of each tree's step that is taken; max_depth: splits above a leaf
    at most; min_child_weight: second derivatives in a leaf at least, which for squared errors are its train rows;
    max_bin: histogram bins of a feature at most; feature_fraction: share of the features drawn for each tree;
    bagging_fraction: share of the train rows drawn anew for each tree; lambda_l2: penalty on squared leaf values, in
    train rows; monotone: feature -> 1, where the forecast may only rise with it, or -1, only fall;
    early_stopping_rounds: trees without a better mean loss on the valid rows after which it stops and keeps the best,
    or None: valid is not looked at.

    Several targets or quantiles: a sum for each of them, of its own number of trees. Raises DataError with too few
    train rows to draw from, without valid rows to stop early on, or where a monotone feature is none that it reads.
    """

    n_estimators: Annotated[int, Ge(1)]
    learning_rate: Annotated[float, Gt(0), Le(1)]
    max_depth: Annotated[int, Ge(1), Le(32)]
    min_child_weight: Annotated[float, Ge(0)]
    max_bin: Annotated[int, Ge(2), Le(65535)]
    feature_fraction: Annotated[float, Gt(0), Le(1)]
    bagging_fraction: Annotated[float, Gt(0), Le(1)]
    lambda_l2: Annotated[float, Ge(0)]
    monotone: Mapping[str, Literal[-1, 1]]
    early_stopping_rounds: Annotated[int, Ge(1)] | None

    libraries: ClassVar[tuple[str, ...]] = ("xgboost-cpu",)
    optional: ClassVar[tuple[str, ...]] = ("xgboost-cpu",)
    gives: ClassVar[frozenset[Statistic]] = frozenset({"mean", "probability", "quantile"})
    several_targets: ClassVar[bool] = True

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        small = {
            "n_estimators": 20,
            "learning_rate": 0.1,
            "max_depth": 3,
            "min_child_weight": 5.0,
            "max_bin": 63,
            "feature_fraction": 0.8,
            "bagging_fraction": 0.8,
            "lambda_l2": 1.0,
            "monotone": {},
            "early_stopping_rounds": None,
        }
        return (small, {**small, "bagging_fraction": 1.0, "early_stopping_rounds": 5})

    @property
    def draws_rows(self) -> bool:
        return self.bagging_fraction < 1

    def supports(self, loss: Loss) -> str | None:
        if any(part.native("xgboost") is None for part in loss.parts) and missing(TORCH):
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
        if int(self.bagging_fraction * len(train)) == 0:
            raise DataError(
                f"the train span has {len(train)} rows, of which model.bagging_fraction = "
                f"{self.bagging_fraction} draws none; use a longer history"
            )
        if self.early_stopping_rounds is not None and len(valid) == 0:
            raise DataError("the valid span has no rows to stop early on; set model.early_stopping_rounds: null")
        outputs = [(target, part) for target in range(train.y_NK.shape[1]) for part in loss.parts]
        params = self._params(train.columns, seed, resources.threads)
        boosters = [
            self._boosted(part, target, train, valid, params, self._rounds(output))
            for output, (target, part) in enumerate(outputs)
        ]
        early = self.early_stopping_rounds is not None
        return Boosters(boosters=tuple(boosters), width=len(loss.parts), link=loss.head.link, stopped_early=early)

    def _boosted(
        self, loss: Loss, target: int, train: Samples, valid: Samples, params: dict[str, Any], rounds: int
    ) -> Booster:
        import xgboost

        def data(samples: Samples, reference: Any) -> Any:
            label_N = np.ascontiguousarray(samples.y_NK[:, target])
            cut = {"max_bin": self.max_bin, "ref": reference, "nthread": params["nthread"]}
            return xgboost.QuantileDMatrix(samples.X_NF, label=label_N, weight=samples.weight_N, **cut)

        native = loss.native("xgboost")
        objective = None if native else TorchObjective.of(loss, train.y_NK[:, target])
        params = {**params, **(native or {"disable_default_eval_metric": True})}
        if objective is not None:
            params["base_score"] = objective.start
        rows = data(train, None)
        stopping: dict[str, Any] = {}
        if self.early_stopping_rounds is not None:
            stopping = {
                "evals": [(data(valid, rows), "valid")],
                "early_stopping_rounds": self.early_stopping_rounds,
                "custom_metric": objective and (lambda score_N, of: objective.evaluate(score_N, of)[:2]),
                "maximize": False,
            }
        booster = xgboost.train(params, rows, rounds, obj=objective, verbose_eval=False, **stopping)
        grown = booster.num_boosted_rounds()
        kept = booster.best_iteration + 1 if stopping else grown
        booster.set_attr(best_iteration=None, best_score=None)  # said by the number of trees that count
        return Booster(content=bytes((booster[:kept] if kept < grown else booster).save_raw("ubj")), n_trees=kept)

    def _rounds(self, output: int) -> int:
        """Trees of an output at most."""
        return self.n_estimators

    def with_chosen(self, chosen: Mapping[str, float]) -> Model:
        if self.early_stopping_rounds is None:
            return self
        rounds = tuple(max(1, round(count)) for count in chosen.values())
        settings = {each.name: getattr(self, each.name) for each in fields(self)}
        return _Chosen(**{**settings, "early_stopping_rounds": None}, rounds=rounds)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return Boosters.from_files(files)

    def _params(self, columns: tuple[str, ...], seed: int, threads: int) -> dict[str, Any]:
        if unknown := sorted(set(self.monotone) - set(columns)):
            raise DataError(f"model.monotone names {unknown[0]}, which is no feature; it reads {', '.join(columns)}")
        return {
            "tree_method": "hist",
            "learning_rate": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "max_bin": self.max_bin,
            "colsample_bytree": self.feature_fraction,
            "subsample": self.bagging_fraction,
            "reg_lambda": self.lambda_l2,
            "monotone_constraints": tuple(self.monotone.get(name, 0) for name in columns),
            "seed": derive(seed, "xgboost"),
            "nthread": threads,
            "verbosity": 0,
        }


@dataclass(frozen=True, kw_only=True)
class _Chosen(XGBoost):
    """With the number of trees of each output fixed."""

    rounds: tuple[int, ...]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()

    def _rounds(self, output: int) -> int:
        return self.rounds[output]
