"""Which components there are, by an index of their packages; nothing outside it is ever built."""

import functools
import importlib.util
from collections.abc import Iterator, Mapping
from typing import Any, cast

import components
import runner
from components.contracts import Component, Metric
from runner.composition.index import Index, index, load_class
from runner.composition.schema import class_path, is_component, parameters, unwrap
from runner.specification.experiment import Experiment
from runner.specification.packages import user_packages

METRICS = "components.metric"
"""Components that stand in no slot: every run has all that fit."""


def slots() -> Mapping[str, Any]:
    """slot -> what fits into it, as annotated in `Experiment`; scalars (name, seed, threads) are none."""
    return {
        name: parameter.annotation
        for name, parameter in parameters(Experiment).items()
        if slot_kind(parameter.annotation) is not None
    }


def slot_kind(annotation: Any) -> type | None:
    """The kind of component of a slot: itself, or that of its entries where the slot is a map."""
    base, _ = unwrap(annotation)
    for candidate in (base, *getattr(base, "__args__", ())):
        if is_component(candidate):
            return candidate  # type: ignore[no-any-return]
    return None


class Catalogue(Mapping[str, type[Component]]):
    """`module.Class` -> class, imported when it is asked for; names and facts (`concrete`) come from the index.

    A file of a user's package that cannot be imported is in nobody's way until a class in it is asked for, or
    all classes are: then it raises ContractError in one line.
    """

    def __init__(self, *parts: Index) -> None:
        self._known = {target: facts for part in parts for target, facts in part.classes.items()}
        self._broken = {module: error for part in parts for module, error in part.broken.items()}
        self._loaded: dict[str, type[Component]] = {}
        self.concrete = {target: facts for target, facts in self._known.items() if not facts.lacks}

    def __getitem__(self, target: str) -> type[Component]:
        self._refuse_broken(target)
        if target not in self._loaded:
            self._loaded[target] = load_class(target, self.concrete[target])
        return self._loaded[target]

    def __contains__(self, target: object) -> bool:
        self._refuse_broken(str(target))
        return target in self.concrete

    def __iter__(self) -> Iterator[str]:
        for error in self._broken.values():
            raise error
        return iter(self.concrete)

    def __len__(self) -> int:
        return len(self.concrete)

    def fitting(self, kind: type) -> list[str]:
        """The names of all classes of a kind."""
        return [target for target, facts in self.concrete.items() if class_path(kind) in facts.kinds]

    @functools.cached_property
    def metrics(self) -> tuple[type[Metric], ...]:
        """The classes of all metrics, which stand in no slot, imported without any other. Raises as `iter` does."""
        for error in self._broken.values():
            raise error
        return tuple(cast("type[Metric]", self[target]) for target in self.fitting(Metric))

    def unfinished(self, target: str) -> tuple[str, ...]:
        """What a class that is found but no component lacks of its contract; () for any other name."""
        return self._known[target].lacks if target in self._known else ()

    def _refuse_broken(self, target: str) -> None:
        for module, error in self._broken.items():
            if target.startswith(f"{module}."):
                raise error


def catalogue() -> Catalogue:
    """The shipped components and those of the user's own packages."""
    return _catalogue(user_packages())


@functools.cache
def _catalogue(packages: tuple[str, ...]) -> Catalogue:
    return Catalogue(index(_shipped(), own=True), *(index([package], own=False) for package in packages))


def _shipped() -> tuple[str, ...]:
    """`components.<slot>` for every contract's slot, the module of a kind that is the runner's own, and metrics."""
    names = [METRICS]
    for slot, annotation in slots().items():
        kind = slot_kind(annotation)
        assert kind is not None
        folders = (f"{components.__name__}.{slot}", f"{runner.__name__}.{slot}")
        found = [folder for folder in folders if importlib.util.find_spec(folder)]
        if found or kind.__module__.startswith("runner."):
            names.append(found[0] if found else kind.__module__)
    return tuple(names)
