"""Components and other values as plain ones: what keys are made of, and what a bundle writes down."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from components.contracts import Component

TARGET = "_target_"


def described(value: Any, *, without_inert: bool = False) -> Any:
    """A component as `_target_` and its parameters, however deep, as it is configured; the fields of another dataclass;
    maps, lists and plain values as they are.

    without_inert: leaves out the parameters that a component declares to change no result.
    """
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if is_dataclass(value):
        names = mattering(value) if without_inert else [each.name for each in fields(value)]
        inside = {name: described(getattr(value, name), without_inert=without_inert) for name in names}
        return {TARGET: described(type(value)), **inside} if isinstance(value, Component) else inside
    match value:
        case Mapping():
            return {str(name): described(item, without_inert=without_inert) for name, item in value.items()}
        case list() | tuple():
            return [described(item, without_inert=without_inert) for item in value]
        case frozenset() | set():
            return sorted(described(item, without_inert=without_inert) for item in value)
        case np.datetime64():
            return str(value)
        case np.generic():
            return value.item()
        case np.ndarray():
            return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    return value


def mattering(value: Any) -> list[str]:
    """Names of the fields of a dataclass that are not inert."""
    inert: frozenset[str] = getattr(value, "inert", frozenset())
    return [each.name for each in fields(value) if each.name not in inert]
