"""Shipped components that a law needs beside the one it is about: a model is fitted by a loss."""

from collections.abc import Iterator
from functools import cache
from typing import TypeVar

from components.contracts import Component, Loss, Model
from components.optional import missing
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path, kind_of

SHIPPED = "components."
T = TypeVar("T")


def examples_of(cls: type[Component]) -> Iterator[Component]:
    """A class's examples, built as an experiment builds them."""
    for example in cls.examples():
        yield build(kind_of(cls), {"_target_": class_path(cls), **example}, path="example")


@cache
def shipped(kind: type[T]) -> tuple[T, ...]:
    """Every example of every shipped component of a kind."""
    names = [name for name in catalogue().fitting(kind) if name.startswith(SHIPPED)]
    return tuple(found for name in names for found in examples_of(catalogue()[name]))  # type: ignore[misc]


def losses_for(model: Model) -> list[Loss]:
    """One shipped loss for each statistic that the model can forecast."""
    found: dict[tuple[str, int], Loss] = {}
    for loss in sorted(shipped(Loss), key=lambda each: not each.least_squares):
        fits = model.supports(loss) is None and loss.head.labels in model.needs_labels
        if fits and loss.head.statistic in model.gives and not missing(loss.packages()):
            found.setdefault((loss.head.statistic, loss.head.width), loss)
    return list(found.values())
