"""Whether a plain value may stand where an annotation asks for one: strictly by its type and its range."""

import math
from collections.abc import Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from components.errors import ContractError
from runner.composition.schema import alternatives, entries, fixed_length, flat, is_mapping, is_tuple, limited, unwrap


def accepts(annotation: Any, value: Any) -> bool:
    """True if the value fits as it is; nothing is converted, except that an integer may stand for a number and
    a list for a tuple. NaN and infinities fit nowhere.

    Raises ContractError for a constraint that it does not know: it would not be kept.
    """
    return any(_fits(*unwrap(member), value) for member in alternatives(annotation))


def _fits(base: Any, metadata: tuple[Any, ...], value: Any) -> bool:
    return _is_of(base, value) and all(_keeps(constraint, value) for constraint in flat(metadata))


def _is_of(base: Any, value: Any) -> bool:
    if base is Any:
        return True
    if base is float:
        return type(value) in (int, float) and _is_finite(value)
    if base in (bool, int, NoneType):
        return type(value) is base
    if get_origin(base) is Literal:
        return any(type(choice) is type(value) and choice == value for choice in get_args(base))
    if is_mapping(base):
        key, entry = get_args(base) or (Any, Any)
        return isinstance(value, Mapping) and all(accepts(key, k) and accepts(entry, v) for k, v in value.items())
    if is_tuple(base):
        length = fixed_length(base)
        return (
            isinstance(value, list | tuple)
            and length in (None, len(value))
            and all(accepts(inner, entry) for _, entry, inner in entries(list(value), base))
        )
    return get_origin(base) is None and isinstance(base, type) and isinstance(value, base)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _keeps(constraint: Any, value: Any) -> bool:
    match limited(constraint):
        case "gt", bound:
            return bool(value > bound)
        case "ge", bound:
            return bool(value >= bound)
        case "lt", bound:
            return bool(value < bound)
        case "le", bound:
            return bool(value <= bound)
        case "min_length", length:
            return bool(len(value) >= length)
        case "max_length", length:
            return bool(len(value) <= length)
        case "multiple_of", step:
            return math.isclose(value / step, round(value / step), rel_tol=1e-9, abs_tol=1e-9)
    if type(constraint).__module__ == "annotated_types":
        raise ContractError(f"{constraint!r}: a constraint that cannot be checked; use a range, length or multiple")
    return True
