"""Components of a bundle: restored by name, with nothing but the standard library.

Their parameters were checked when the bundle was written, so that only the name is not believed: it must be the very
path of a class of our own components or of the user's packages, of the kind that belongs there.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar

from components.contracts import Component
from components.errors import ConfigError, Problem
from runner.specification.described import TARGET
from runner.specification.packages import user_packages

T = TypeVar("T", bound=Component)


def restored(kind: type[T], settings: Mapping[str, Any], *, path: str) -> T:
    """The component that `described` wrote down. Raises ConfigError for anything but a class of that kind."""
    target = settings.get(TARGET)
    cls = _class(target) if isinstance(target, str) else None
    if cls is None or not issubclass(cls, kind):
        allowed = f"allowed is the path of a {kind.__name__.lower()}, as components.SLOT.FILE.CLASS"
        raise ConfigError(Problem(path, f"{target!r} is no component of this installation", allowed))
    parameters = {name: _value(value, f"{path}.{name}") for name, value in settings.items() if name != TARGET}
    try:
        return cls(**parameters)
    except TypeError as error:
        raise ConfigError(Problem(path, f"{target} does not take what the bundle says: {error}")) from None


def _class(target: str) -> type[Any] | None:
    """The class at that very path; None for any other name, of which nothing is imported."""
    module, _, name = target.rpartition(".")
    top = module.partition(".")[0]
    if not name.isidentifier() or (top != "components" and top not in user_packages()):
        return None
    if not all(part.isidentifier() for part in module.split(".")):
        return None
    try:
        found = getattr(import_module(module), name, None)
    except ImportError:
        return None
    if not isinstance(found, type) or not issubclass(found, Component):
        return None
    return found if (found.__module__, found.__qualname__) == (module, name) else None


def _value(value: Any, path: str) -> Any:
    match value:
        case Mapping() if TARGET in value:
            return restored(Component, value, path=path)  # type: ignore[type-abstract]
        case Mapping():
            return MappingProxyType({name: _value(item, f"{path}.{name}") for name, item in value.items()})
        case list() | tuple():
            return tuple(_value(item, f"{path}.{place}") for place, item in enumerate(value))
    return value
