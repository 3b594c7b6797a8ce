"""What may stand in one place of a configuration, as JSON Schema, without what is inside of it."""

import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

from runner.composition.schema import (
    alternatives,
    flat,
    is_mapping,
    is_section,
    is_tuple,
    limited,
    unwrap,
)

TYPES: Mapping[Any, str] = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
BOUNDS = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
Schema = dict[str, Any]


def allowed_values(annotation: Any) -> tuple[Any, ...] | Schema:
    """What may stand there: the values, where they can be listed, else a schema; sections by their kind alone."""
    schemas = [leaf(member) for member in alternatives(annotation)]
    if all("enum" in schema for schema in schemas):
        return tuple(value for schema in schemas for value in schema["enum"])
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def leaf(annotation: Any) -> Schema:
    """Without what is inside of it."""
    base, metadata = unwrap(annotation)
    schema: Schema
    if get_origin(base) is Literal:
        schema = {"enum": list(get_args(base))}
    elif base is bool:
        schema = {"type": "boolean", "enum": [True, False]}
    elif base in TYPES:
        schema = {"type": TYPES[base]}
    elif is_tuple(base):
        schema = {"type": "array"}
    elif is_section(base) or is_mapping(base):
        schema = {"type": "object"}
    elif get_origin(base) in (Union, types.UnionType):
        return {"anyOf": [leaf(member) for member in alternatives(base)]}
    else:
        schema = {}
    for name, limit in map(limited, flat(metadata)):
        if name in BOUNDS:
            schema[BOUNDS[name]] = limit
        elif name in ("min_length", "max_length"):
            schema[f"{name[:3]}{_counted(schema)}"] = limit
        elif name == "multiple_of":
            schema["multipleOf"] = limit
    return schema


def _counted(schema: Schema) -> str:
    return {"array": "Items", "object": "Properties"}.get(schema.get("type", ""), "Length")
