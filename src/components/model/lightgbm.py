"""Gradient-boosted trees by LightGBM, for its own objectives and for any loss written in torch."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from components.contracts import NOTHING, FittedModel, Inherited, Loss, Model, Start
from components.errors import ConfigError, DataError, Problem
from components.model._autograd import TorchObjective
from components.model._trees import ITERATIONS, TreeSum, TreeSums, fitted_sums, sums_from_files, trees_text
from components.optional import installation, missing
from components.ranges import Ge, Gt, Le
from components.seeds import derive
from components.values import Float, Float32, Resources, Samples, Statistic

TORCH = ("torch",)
BINS_FILE = "bins.npy"
SAMPLED_ROWS = 50_000
"""Rows from which shared bins are cut: of 255 bins, each edge lies among some 200 of them."""
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
    the valid rows after which it stops and keeps the best, or None: valid is not looked at;
    warm_start: what a fold's sum goes on from: nothing, pooled: a sum fitted on rows that all folds train on, or
    previous_fold: that of the fold before, to which each fold adds its trees, so that folds are fitted one after the
    other; shared_bins: whether all folds cut features at the same places, from rows that all of them train on.

    Several targets or quantiles: a sum for each of them, of its own number of trees.

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
    warm_start: Literal["nothing", "pooled", "previous_fold"]
    shared_bins: bool

    libraries: ClassVar[tuple[str, ...]] = ("lightgbm",)
    gives: ClassVar[frozenset[Statistic]] = frozenset({"mean", "probability", "quantile"})
    several_targets: ClassVar[bool] = True

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
            "warm_start": "nothing",
            "shared_bins": False,
        }
        return (
            small,
            {**small, "bagging_fraction": 1.0, "early_stopping_rounds": 5},
            {**small, "warm_start": "pooled", "shared_bins": True},
        )

    @property
    def shares(self) -> bool:
        return self.shared_bins

    @property
    def starts_from(self) -> Start:
        return self.warm_start

    def prepare(self, common: Samples, *, seed: int) -> Mapping[str, bytes]:
        return bins_to_files(common, derive(seed, "bins"))

    def flaws(self) -> tuple[str, ...]:
        if self.warm_start == "pooled" and self.early_stopping_rounds is not None:
            return ("a pooled fit has no valid rows to stop early on; set its early_stopping_rounds to null",)
        return ()

    @property
    def draws_rows(self) -> bool:
        return self.bagging_fraction < 1

    def supports(self, loss: Loss) -> str | None:
        if any(part.native("lightgbm") is None for part in loss.parts) and missing(TORCH):
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
        started = None if inherited.start is None else sums_from_files(inherited.start)
        edges = None if inherited.shared is None else bins_from_files(inherited.shared)
        parts = loss.parts
        outputs = [(target, part) for target in range(train.y_NK.shape[1]) for part in parts]
        sums = []
        for output, (target, part) in enumerate(outputs):
            task = Task(
                loss=part,
                train=train,
                valid=valid,
                target=target,
                rounds=self._rounds(output),
                start=started.sums[output] if isinstance(started, TreeSums) else started,
                edges=edges,
            )
            sums.append(self._boosted(task, self._params(seed, resources.threads)))
        return fitted_sums(sums, len(parts))

    def _boosted(self, task: "Task", params: dict[str, Any]) -> TreeSum:
        import lightgbm

        native = task.loss.native("lightgbm")
        torch_objective = _torch_objective(task.loss, task.train.y_NK[:, task.target]) if native is None else None
        params |= native or {"objective": torch_objective, "metric": "None"}
        base = task.start.base if task.start else torch_objective.start if torch_objective else 0.0
        data = task.dataset(task.train, params, base, reference=task.reference(params))
        stopping: dict[str, Any] = {}
        if self.early_stopping_rounds is not None:
            stopping = {
                "valid_sets": [task.dataset(task.valid, params, base, reference=data)],
                "feval": torch_objective and torch_objective.evaluate,
                "callbacks": [lightgbm.early_stopping(self.early_stopping_rounds, verbose=False)],
            }
        booster = lightgbm.train(params, data, task.rounds, **stopping)
        return TreeSum(
            trees=trees_text(booster),
            base=base,
            link=task.loss.head.link,
            stopped_early=self.early_stopping_rounds is not None,
            before=task.start.texts if task.start else (),
        )

    def _rounds(self, output: int) -> int:
        """Trees of an output at most."""
        return self.n_estimators

    def with_chosen(self, chosen: Mapping[str, float]) -> Model:
        if self.early_stopping_rounds is None:
            return self
        rounds = tuple(max(1, round(count)) for name, count in chosen.items() if name.endswith(ITERATIONS))
        settings = {each.name: getattr(self, each.name) for each in fields(self)}
        return _Chosen(**{**settings, "early_stopping_rounds": None}, rounds=rounds)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return sums_from_files(files)

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


@dataclass(frozen=True, kw_only=True)
class _Chosen(LightGBM):
    """With the number of trees of each output fixed."""

    rounds: tuple[int, ...]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()

    def _rounds(self, output: int) -> int:
        return self.rounds[output]


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """One output of a fit. loss: with one output; target: its column of the labels; rounds: trees at most; start: the
    sum that it goes on from; edges: rows whose bins are taken."""

    loss: Loss
    train: Samples
    valid: Samples
    target: int
    rounds: int
    start: TreeSum | None
    edges: Float32 | None

    def reference(self, params: dict[str, Any]) -> Any:
        """The data set whose bins are taken; None: the train rows have their own."""
        import lightgbm

        return None if self.edges is None else lightgbm.Dataset(self.edges, params=params)

    def dataset(self, samples: Samples, params: dict[str, Any], base: float, *, reference: Any) -> Any:
        """The samples as LightGBM holds them, with the score from which boosting goes on where it is not its own."""
        import lightgbm

        start_N = None
        if self.start is not None:
            start_N = self.start.scores(samples)
        elif self.loss.native("lightgbm") is None:
            start_N = np.full(len(samples), base)
        labels_N = np.ascontiguousarray(samples.y_NK[:, self.target])
        return lightgbm.Dataset(samples.X_NF, labels_N, init_score=start_N, params=params, reference=reference)


def _torch_objective(loss: Loss, y_N: Float) -> TorchObjective:
    if missing(TORCH):
        message = f"LightGBM minimises {type(loss).__name__} through torch, not installed"
        raise ConfigError(Problem("loss", message, f"{installation(TORCH)}; {OWN_LOSSES}"))
    return TorchObjective.of(loss, y_N)


def bins_to_files(common: Samples, seed: int) -> dict[str, bytes]:
    """Rows that stand for all of them when bins are cut: at most SAMPLED_ROWS, drawn without replacement."""
    X_NF = common.X_NF
    if len(X_NF) > SAMPLED_ROWS:
        X_NF = X_NF[np.sort(np.random.default_rng(seed).choice(len(X_NF), SAMPLED_ROWS, replace=False))]
    buffer = io.BytesIO()
    np.save(buffer, X_NF, allow_pickle=False)
    return {BINS_FILE: buffer.getvalue()}


def bins_from_files(files: Mapping[str, bytes]) -> Float32:
    """(N, F) what `bins_to_files` wrote down."""
    rows_NF: Float32 = np.load(io.BytesIO(files[BINS_FILE]), allow_pickle=False)
    return rows_NF
