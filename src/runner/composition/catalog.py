"""Which components there are, found by an import walk; nothing outside it is ever built."""

import functools
import importlib
import importlib.util
import inspect
import os
import pkgutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import components
import runner
from components.contracts import Component
from components.errors import ConfigError, ContractError
from runner.composition.schema import class_path, is_component, parameters, unwrap
from runner.specification.experiment import Experiment

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


def catalogue() -> Mapping[str, type[Component]]:
    """`module.Class` -> class: the shipped components and those of the user's own packages."""
    return _concrete(user_packages())


def unfinished(target: str) -> tuple[str, ...]:
    """What a class that is found but no component lacks of its contract; () for any other name."""
    cls = _walk(user_packages()).get(target)
    return tuple(sorted(getattr(cls, "__abstractmethods__", ())))


def user_packages() -> tuple[str, ...]:
    """Packages named in ./pyproject.toml `[tool.assay] components` and in ASSAY_COMPONENTS."""
    named: list[str] = []
    pyproject = Path("pyproject.toml")
    if pyproject.is_file():
        try:
            named += _named_in(pyproject.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{pyproject}: cannot be read: {error}") from None
    named += [name.strip() for name in os.environ.get("ASSAY_COMPONENTS", "").split(",") if name.strip()]
    return tuple(dict.fromkeys(named))


@functools.cache
def _named_in(pyproject: str) -> tuple[str, ...]:
    named = tomllib.loads(pyproject).get("tool", {}).get("assay", {}).get("components", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise ValueError('[tool.assay] components must be a list of package names, like ["my_components"]')
    return tuple(named)


@functools.cache
def _concrete(packages: tuple[str, ...]) -> Mapping[str, type[Component]]:
    return {name: cls for name, cls in _walk(packages).items() if not inspect.isabstract(cls)}


@functools.cache
def _walk(packages: tuple[str, ...]) -> Mapping[str, type[Component]]:
    found: dict[str, type[Component]] = {}
    for name in (*_shipped(), *packages):
        for module in _modules(name, own=name not in packages):
            for cls in vars(module).values():
                if _is_public(cls) and cls.__module__ == module.__name__:
                    found[class_path(cls)] = cls
                    if not inspect.isabstract(cls):
                        parameters(cls)
    return dict(sorted(found.items()))


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


def _is_public(cls: Any) -> bool:
    return is_component(cls) and not cls.__name__.startswith("_")


def _modules(name: str, *, own: bool) -> Iterator[ModuleType]:
    module = importlib.import_module(name) if own else _import_foreign(name)
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."):
        yield from _modules(info.name, own=own)


def _import_foreign(name: str) -> ModuleType:
    """A user's module; a broken one is its author's to mend."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        raise ConfigError(
            f"{name}: no such package; it is named in ./pyproject.toml ([tool.assay] components) or in "
            "ASSAY_COMPONENTS; install it or mend the name"
        )
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise ContractError(
            f"{spec.origin}: cannot be imported: {type(error).__name__}: {error}; mend the component file"
        ) from error
