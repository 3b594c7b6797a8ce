"""The same signatures by which configurations are checked, as JSON Schema (draft 2020-12): for editors and programs."""

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any, get_args

from components.contracts import Component
from runner.composition.catalog import catalogue, slot_kind, slots
from runner.composition.check import MISSING, TARGET
from runner.composition.leaves import Schema, leaf
from runner.composition.places import config_files
from runner.composition.schema import (
    Parameter,
    alternatives,
    class_path,
    fixed_length,
    is_component,
    is_mapping,
    is_section,
    is_tuple,
    map_annotation,
    parameters,
    unwrap,
)
from runner.specification.experiment import Experiment

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def of_annotation(annotation: Any, *, whole: bool = True) -> Schema:
    """What may stand where a parameter is annotated so. whole: sections name all that is required; else they change
    some settings of a choice."""
    members = [_of_member(member, whole) for member in alternatives(annotation)]
    return members[0] if len(members) == 1 else {"anyOf": members}


def of_experiment() -> Schema:
    """Of conf/experiment/NAME.yaml: choices under `defaults`, and what it changes of them."""
    known = slots()
    properties: Schema = {"defaults": _defaults(known)}
    for name, parameter in parameters(Experiment).items():
        properties[name] = of_annotation(parameter.annotation, whole=False)
        if name in known:
            properties[name]["description"] = f"choices: {', '.join(config_files(name)) or 'none'}"
    return {
        "$schema": DRAFT,
        "title": "Experiment of Assay",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def of_slot(slot: str) -> Schema:
    """Of conf/SLOT/CHOICE.yaml: everything that a choice says."""
    return {"$schema": DRAFT, "title": f"Choice of {slot}", **of_annotation(slots()[slot])}


def _defaults(known: Mapping[str, Any]) -> Schema:
    entries = [
        {
            "type": "object",
            "properties": {f"override /{slot}": _choice(slot)},
            "required": [f"override /{slot}"],
            "additionalProperties": False,
        }
        for slot in known
    ]
    return {"type": "array", "items": {"anyOf": [*entries, {"type": "string"}, {"type": "object"}]}}


def _choice(slot: str) -> Schema:
    names = list(config_files(slot))
    one: Schema = {"enum": names} if names else {"type": "string"}
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _of_member(annotation: Any, whole: bool) -> Schema:
    base, _ = unwrap(annotation)
    if is_component(base):
        return _of_kind(base, whole)
    if is_section(base):
        return _of_section(base, None, whole)
    if is_mapping(base):
        return {**leaf(annotation), "additionalProperties": of_annotation(map_annotation(base), whole=whole)}
    if is_tuple(base):
        return {**leaf(annotation), **_entries(base, whole)}
    return leaf(annotation)


def _entries(base: Any, whole: bool) -> Schema:
    arguments = get_args(base) or (Any, ...)
    length = fixed_length(base)
    if length is None:
        return {"items": of_annotation(arguments[0], whole=whole)}
    schemas = [of_annotation(argument, whole=whole) for argument in arguments]
    return {"prefixItems": schemas, "minItems": length, "maxItems": length}


def _of_kind(kind: type[Component], whole: bool) -> Schema:
    """A section of any component of the kind, by its class where it names one."""
    known = [catalogue()[target] for target in catalogue().fitting(kind)]
    schemas = [_of_section(cls, class_path(cls), whole) for cls in known]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _of_section(cls: type, target: str | None, whole: bool) -> Schema:
    found = parameters(cls)
    properties = {name: _property(parameter, whole) for name, parameter in found.items()}
    required = [name for name, parameter in found.items() if parameter.required]
    if target is not None:
        properties[TARGET] = {"const": target}
        required.append(TARGET)
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    says = (inspect.getdoc(cls) or "").partition("\n")[0]
    return {**schema, **({"required": required} if whole else {}), **({"description": says} if says else {})}


def _property(parameter: Parameter, whole: bool) -> Schema:
    schema = of_annotation(parameter.annotation, whole=whole)
    references = {"type": "string", "pattern": r"^\$\{.*\}$"}
    open_ = {"const": MISSING}
    given = [] if parameter.default is dataclasses.MISSING or callable(parameter.default) else [parameter.default]
    default = {"default": given[0]} if given and _is_plain(given[0]) else {}
    return {"anyOf": [schema, references, open_], **default}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def slot_names() -> tuple[str, ...]:
    """Slots that have a schema of their own."""
    return tuple(slot for slot, annotation in slots().items() if slot_kind(annotation) is not None)
