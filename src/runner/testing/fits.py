"""Fits for laws of models, and of ensembles, which are models made of models."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from components.contracts import NOTHING, FittedModel, Inherited, Loss, Model
from components.values import Float, Resources, Samples
from runner.testing.companions import losses_for
from runner.testing.data import RESOURCES, samples
from runner.testing.law import require

FEATURES = ("x0", "x1", "x2", "x3")


@dataclass(frozen=True, kw_only=True)
class Task:
    """A model with a loss and rows on which to fit it."""

    model: Model
    loss: Loss
    train: Samples
    valid: Samples
    seed: int = 7

    def fit(
        self,
        train: Samples | None = None,
        valid: Samples | None = None,
        *,
        resources: Resources = RESOURCES,
        inherited: Inherited = NOTHING,
    ) -> FittedModel:
        """On the task's rows, or on others."""
        return self.model.fit(
            self.train if train is None else train,
            self.valid if valid is None else valid,
            loss=self.loss,
            seed=self.seed,
            resources=resources,
            inherited=inherited,
        )

    def forecast(self, fitted: FittedModel) -> Float:
        """Of rows that were not fitted on."""
        return fitted.predict(self.other)

    @property
    def other(self) -> Samples:
        return _ready(self.model, samples(self.train.columns, seed=99, rows=40, labels=self.loss.head.labels))


def tasks(model: Model) -> Iterator[Task]:
    """One for each statistic that it can forecast. Breaks the law where no shipped loss fits it."""
    found = losses_for(model)
    require(found, "no shipped loss fits it; mend supports(), gives or needs_labels")
    for loss in found:
        columns = model.inputs(FEATURES)
        labels = loss.head.labels
        made = [_ready(model, samples(columns, seed=seed, labels=labels)) for seed in (1, 2)]
        yield Task(model=model, loss=loss, train=made[0], valid=made[1])


def first_task(model: Model) -> Task:
    return next(tasks(model))


def _ready(model: Model, made: Samples) -> Samples:
    """Without the rows that have no full past."""
    if model.lookback_rows == 1:
        return made
    past_N = made.rows_N - made.block.first_R[made.rows_N] + 1
    return made.take((past_N >= model.lookback_rows).nonzero()[0])


def alone(model: Model, made: Samples, row: int) -> Samples:
    """One row with a block of its own: its past as far as the model reads it."""
    rows = slice(int(made.rows_N[row]) - model.lookback_rows + 1, int(made.rows_N[row]) + 1)
    one = made.take([row])  # type: ignore[arg-type]
    block = Samples.of(
        X_NF=made.block.values_RF[rows],
        y_N=one.y_NK.repeat(model.lookback_rows, axis=0),
        columns=made.columns,
        timestamps_N=one.timestamps_N.repeat(model.lookback_rows),
        symbols_N=one.symbols_N.repeat(model.lookback_rows),
    )
    return replace(block.take([model.lookback_rows - 1]), weight_N=None)  # type: ignore[arg-type]
