"""Plain values as one JSON text, and its hash."""

import hashlib
import json
import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from components.errors import ContractError

_AS_THEY_ARE = frozenset({type(None), bool, int, str})
_IN_ONE_WAY = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: Any) -> str:
    """The one JSON text of a plain value: keys sorted, no spaces, floats in their shortest exact form.

    value: None, bool, int, float (finite), str, and lists, tuples and string-keyed mappings of these.
    1 and 1.0 are different values. Raises ContractError naming the place of anything else.
    """
    return _IN_ONE_WAY.encode(value if _is_plain(value) else _plain(value, ""))


def _is_plain(value: Any) -> bool:
    """Whether it is made of Python's own types alone, as nearly everything is."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is dict:
        return all(type(name) is str and _is_plain(item) for name, item in value.items())
    return (kind is list or kind is tuple) and all(map(_is_plain, value))


def _plain(value: Any, path: str) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case Mapping() if all(isinstance(name, str) for name in value):
            return {name: _plain(item, f"{path}.{name}") for name, item in value.items()}
        case list() | tuple():
            return [_plain(item, f"{path}[{i}]") for i, item in enumerate(value)]
    where = path.lstrip(".") or "value"
    raise ContractError(
        f"{where}: {value!r} cannot be part of a key; allowed are null, booleans, finite numbers, texts, "
        "lists and mappings with text keys"
    )


def finite_or_null(value: Any) -> Any:
    """The plain value with every NaN and infinity as None, and numpy's numbers as Python's."""
    kind = type(value)
    # Python's own types are nearly all that comes, and asking whether something is a Number takes long.
    if kind in _AS_THEY_ARE:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is dict:
        return {name: finite_or_null(item) for name, item in value.items()}
    if kind is list or kind is tuple:
        return [finite_or_null(item) for item in value]
    match value:
        case bool() | None:
            return value
        case Integral():
            return int(value)
        case Real():
            return float(value) if math.isfinite(value) else None
        case Mapping():
            return {name: finite_or_null(item) for name, item in value.items()}
        case list() | tuple():
            return [finite_or_null(item) for item in value]
    return value


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
