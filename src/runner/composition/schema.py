"""What a constructor's signature says about its parameters: names, types, ranges, in words."""

import dataclasses
import functools
import itertools
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from components.contracts import Component
from components.errors import ContractError

SCALARS = {bool: "true or false", int: "an integer", float: "a number", str: "text"}
BOUNDS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter of a constructor."""

    name: str
    annotation: Any
    required: bool
    default: Any


def class_path(cls: type) -> str:
    """The `_target_` under which a class is configured."""
    return f"{cls.__module__}.{cls.__qualname__}"


@functools.cache
def parameters(cls: type) -> Mapping[str, Parameter]:
    """name -> parameter, in the order of the signature.

    Raises ContractError if the class is not a dataclass or an annotation cannot be evaluated.
    """
    if not dataclasses.is_dataclass(cls):
        raise ContractError(f"{class_path(cls)}: must be a @dataclass(frozen=True, kw_only=True)")
    try:
        hints = get_type_hints(cls, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        raise ContractError(f"{class_path(cls)}: an annotation cannot be evaluated: {error}") from None
    return {
        field.name: Parameter(
            name=field.name,
            annotation=hints[field.name],
            required=field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
            default=field.default,
        )
        for field in dataclasses.fields(cls)
        if field.init
    }


def is_component(annotation: Any) -> bool:
    """True for a contract or any class under it: what is configured by a section with `_target_`."""
    return isinstance(annotation, type) and issubclass(annotation, Component)


def kind_of(cls: type) -> type:
    """The contract that a component class fulfils."""
    return [base for base in cls.__mro__ if is_component(base) and base is not Component][-1]


def literals(annotation: Any) -> tuple[str, ...]:
    """The texts among which a Literal lets one choose."""
    base, _ = unwrap(annotation)
    return tuple(c for c in get_args(base) if isinstance(c, str)) if get_origin(base) is Literal else ()


def unwrap(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type inside Annotated, and its constraints."""
    if get_origin(annotation) is Annotated:
        base, *metadata = get_args(annotation)
        return base, tuple(metadata)
    return annotation, ()


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union (through Annotated), or the annotation alone."""
    base, metadata = unwrap(annotation)
    if get_origin(base) in (Union, types.UnionType):
        members = get_args(base)
        return tuple(Annotated[m, *metadata] if metadata and m is not type(None) else m for m in members)
    return (annotation,)


def is_section(base: Any) -> bool:
    """True for what a map of constructor arguments configures: a component, or a plain dataclass."""
    return is_component(base) or (isinstance(base, type) and dataclasses.is_dataclass(base))


def structure(value: Any, annotation: Any) -> Any:
    """The alternative into whose entries one must look to compare it with this value, or None."""
    for member in alternatives(annotation):
        base, _ = unwrap(member)
        if isinstance(value, Mapping) and (is_section(base) or is_mapping(base)):
            return member
        if isinstance(value, (list, tuple)) and is_tuple(base):
            return member
    return None


def entries(value: list[Any], base: Any) -> Iterator[tuple[int, Any, Any]]:
    """(place, entry, annotation) of a list for a tuple type; entries beyond a fixed length are left out."""
    arguments = get_args(base) or (Any, ...)
    annotations = itertools.repeat(arguments[0]) if arguments[-1] is Ellipsis else iter(arguments)
    for index, (entry, annotation) in enumerate(zip(value, annotations, strict=False)):
        yield index, entry, annotation


def map_annotation(base: Any) -> Any:
    """Annotation of the values of a mapping type."""
    arguments = get_args(base)
    return arguments[1] if arguments else Any


def fixed_length(base: Any) -> int | None:
    """Number of entries of a tuple type such as tuple[int, int]; None where any number will do."""
    arguments = get_args(base)
    return None if not arguments or arguments[-1] is Ellipsis else len(arguments)


def is_mapping(base: Any) -> bool:
    origin = get_origin(base) or base
    return isinstance(origin, type) and issubclass(origin, Mapping)


def is_tuple(base: Any) -> bool:
    return (get_origin(base) or base) is tuple


def holds_components(annotation: Any) -> bool:
    """True if a section, of a component or of a plain dataclass, can stand anywhere in a value of this annotation."""
    base, _ = unwrap(annotation)
    return is_section(base) or any(holds_components(argument) for argument in get_args(base))


def noun(annotation: Any) -> str:
    """The type in words, without its range."""
    base, _ = unwrap(annotation)
    if base in SCALARS:
        return SCALARS[base]
    if base is type(None):
        return "null"
    if get_origin(base) is Literal:
        return listed([show(choice) for choice in get_args(base)])
    if is_component(base):
        return f"a section with _target_ of kind {base.__name__}"
    if is_section(base):
        return f"a section with {', '.join(parameters(base))}"
    if is_mapping(base):
        return "a map of names to values"
    if is_tuple(base):
        return "a list"
    return getattr(base, "__name__", str(base))


def ranges(annotation: Any) -> str:
    """The range in words, for example `> 0 and < 1`; empty where there is none."""
    _, metadata = unwrap(annotation)
    parts: list[str] = []
    for name, limit in map(limited, flat(metadata)):
        if name in BOUNDS:
            parts.append(f"{BOUNDS[name]} {limit}")
        elif name == "min_length":
            parts.append(f"with at least {_entries(limit)}")
        elif name == "max_length":
            parts.append(f"with at most {_entries(limit)}")
        elif name == "multiple_of":
            parts.append(f"a multiple of {limit}")
    return " and ".join(parts)


def allowed(annotation: Any, value: Any = None) -> str:
    """What may stand here; only the range where `value` is a number of the right type."""
    texts: list[str] = []
    for member in alternatives(annotation):
        limits = ranges(member)
        if limits and _is_number_of(unwrap(member)[0], value):
            texts.append(limits)
        else:
            texts.append(f"{noun(member)} {limits}".strip())
    return listed(texts)


def listed(texts: list[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def show(value: Any) -> str:
    """A value as it would be written in YAML, shortened."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def flat(metadata: tuple[Any, ...]) -> list[Any]:
    """The single constraints of an annotation; an interval is two of them."""
    single: list[Any] = []
    for constraint in metadata:
        grouped = isinstance(constraint, Iterable) and not isinstance(constraint, str)
        single += list(constraint) if grouped else [constraint]
    return single


def limited(constraint: Any) -> tuple[str, Any]:
    """What a single constraint limits and to what, for example ("ge", 1); an empty name for what limits nothing.

    Read by attribute: components.ranges and annotated_types spell them alike.
    """
    for name in (*BOUNDS, "min_length", "max_length", "multiple_of"):
        if not isinstance(constraint, type) and hasattr(constraint, name):
            return name, getattr(constraint, name)
    return "", None


def _entries(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"


def _is_number_of(base: Any, value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) if base is float else base is int and isinstance(value, int)
