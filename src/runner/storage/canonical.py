"""Plain values as one JSON text, and its hash."""

import hashlib
import json
import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from components.errors import ContractError

_AS_THEY_ARE = frozenset({type(None), bool, int, str})


def canonical_json(value: Any) -> str:
    """The one JSON text of a plain value: keys sorted, no spaces, floats in their shortest exact form.

    value: None, bool, int, float (finite), str, and lists, tuples and string-keyed mappings of these.
    1 and 1.0 are different values. Raises ContractError naming the place of anything else.
    """
    return json.dumps(_plain(value, ""), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any, path: str) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is list or kind is tuple:
        return [_plain(item, f"{path}[{i}]") for i, item in enumerate(value)]
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
    if kind in _AS_THEY_ARE:  # most are, and asking whether something is a Number takes long
        return value
    if kind is dict:
        return {name: finite_or_null(item) for name, item in value.items()}
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
