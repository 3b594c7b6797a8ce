"""The only place where a configuration becomes objects."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from components.errors import AssayError, ConfigError, ContractError, Problem
from runner.composition.catalog import catalogue
from runner.composition.check import TARGET, join, problems
from runner.composition.schema import (
    alternatives,
    class_path,
    entries,
    is_component,
    is_mapping,
    is_section,
    map_annotation,
    parameters,
    structure,
    unwrap,
)

T = TypeVar("T")


def build(kind: type[T], config: Mapping[str, Any], *, path: str = "") -> T:
    """The object that `config` describes: an `Experiment`, or a component of a contract.

    The configuration is checked first; lists become tuples and maps read-only. Only catalogued classes
    are ever called. Raises ConfigError with every problem, dotted paths starting at `path`.
    """
    found = problems(config, kind, path=path)
    if found:
        raise ConfigError(*found)
    return construct(kind, config, path=path)


def construct(
    kind: type[T], config: Mapping[str, Any], *, path: str = "", known: Mapping[str, Any] = MappingProxyType({})
) -> T:
    """The same of a configuration in which `problems` found none; known: entries that are built already."""
    built: T = _section(config, kind, path, known)
    return built


def _value(value: Any, annotation: Any, path: str) -> Any:
    member = structure(value, annotation)
    if member is None:
        return _number(value, annotation)
    base, _ = unwrap(member)
    if is_section(base):
        return _section(value, base, path)
    if is_mapping(base):
        inner = map_annotation(base)
        return MappingProxyType({name: _value(v, inner, join(path, name)) for name, v in value.items()})
    return tuple(_value(entry, inner, join(path, index)) for index, entry, inner in entries(value, base))


def _number(value: Any, annotation: Any) -> Any:
    """YAML's 1 is a float where a float is asked for, so that equal experiments have equal keys."""
    kinds = [unwrap(member)[0] for member in alternatives(annotation)]
    return float(value) if type(value) is int and float in kinds and int not in kinds else value


def _section(section: Mapping[str, Any], kind: type, path: str, known: Mapping[str, Any] = MappingProxyType({})) -> Any:
    cls = catalogue()[section[TARGET]] if is_component(kind) else kind
    expected = parameters(cls)
    arguments = {
        name: known[name] if name in known else _value(value, expected[name].annotation, join(path, name))
        for name, value in section.items()
        if name != TARGET
    }
    try:
        return cls(**arguments)
    except AssayError as error:
        raise _at(path, error) from None
    except (ValueError, TypeError) as error:
        raise ContractError(
            f"{path or class_path(cls)}: {class_path(cls)} cannot be constructed: {error}; "
            "mend the component: a constructor does nothing, ranges belong into the annotations"
        ) from error


def _at(path: str, error: AssayError) -> AssayError:
    """The same complaint of a constructor, with the section that it is about."""
    if isinstance(error, ConfigError):
        return ConfigError(*(Problem(join(path, p.path), p.message, p.hint) for p in error.problems))
    return type(error)(f"{path}: {error}")
