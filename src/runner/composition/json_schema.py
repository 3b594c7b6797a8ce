"""The same signatures by which configurations are checked, as JSON Schema (draft 2020-12): for editors and programs."""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial
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
REFERENCE: Schema = {"type": "string", "pattern": r"^\$\{.*\}$"}
OPEN: Schema = {"const": MISSING}


def of_experiment() -> Schema:
    """Of conf/experiment/NAME.yaml: choices under `defaults`, and what it changes of them."""
    known, made = slots(), _Schemas(whole=False)
    properties: Schema = {"defaults": _defaults(known)}
    for name, parameter in parameters(Experiment).items():
        properties[name] = made.of(parameter.annotation)
        if name in known:
            properties[name]["description"] = f"choices: {', '.join(config_files(name)) or 'none'}"
    return {
        "$schema": DRAFT,
        "title": "Experiment of Assay",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": made.definitions,
    }


def of_slot(slot: str) -> Schema:
    """Of conf/SLOT/CHOICE.yaml: everything that a choice says."""
    made = _Schemas(whole=True)
    schema = made.of(slots()[slot])
    return {"$schema": DRAFT, "title": f"Choice of {slot}", **schema, "$defs": made.definitions}


def slot_names() -> tuple[str, ...]:
    """Slots that have a schema of their own."""
    return tuple(slot for slot, annotation in slots().items() if slot_kind(annotation) is not None)


def _defaults(known: Mapping[str, Any]) -> Schema:
    """`override /SLOT: CHOICE`, or `/SLOT@PLACE: CHOICE` where a slot stands inside of another."""
    entry = {
        "type": "object",
        "properties": {f"override /{slot}": _choice(slot) for slot in known},
        "patternProperties": {f"^(override )?/{slot}@": _choice(slot) for slot in known},
        "additionalProperties": False,
        "maxProperties": 1,
    }
    return {"type": "array", "items": {"anyOf": [entry, {"const": "_self_"}]}}


def _choice(slot: str) -> Schema:
    names = list(config_files(slot))
    one: Schema = {"enum": names} if names else {"type": "string"}
    return {"anyOf": [one, {"type": "array", "items": one}]}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Schemas:
    """Schemas that share their definitions: a component may hold others of its own kind.

    whole: sections name all that is required; else they change some settings of a choice.
    """

    whole: bool
    definitions: Schema = field(default_factory=dict)

    def of(self, annotation: Any) -> Schema:
        """What may stand where a parameter is annotated so."""
        members = [self._member(member) for member in alternatives(annotation)]
        return members[0] if len(members) == 1 else {"anyOf": members}

    def _member(self, annotation: Any) -> Schema:
        base, _ = unwrap(annotation)
        if is_component(base):
            return self._defined(base.__name__, lambda: self._of_kind(base))
        if is_section(base):
            return self._defined(class_path(base), lambda: self._section(base, None))
        if is_mapping(base):
            return {**leaf(annotation), "additionalProperties": self.of(map_annotation(base))}
        if is_tuple(base):
            return {**leaf(annotation), **self._entries(base)}
        return leaf(annotation)

    def _defined(self, name: str, make: Callable[[], Schema]) -> Schema:
        if name not in self.definitions:
            self.definitions[name] = {}  # a kind that holds itself meets its own name
            self.definitions[name] = make()
        return {"$ref": f"#/$defs/{name}"}

    def _entries(self, base: Any) -> Schema:
        arguments = get_args(base) or (Any, ...)
        length = fixed_length(base)
        if length is None:
            return {"items": self.of(arguments[0])}
        return {"prefixItems": [self.of(argument) for argument in arguments], "minItems": length, "maxItems": length}

    def _of_kind(self, kind: type[Component]) -> Schema:
        """A section of any component of the kind, by its class."""
        targets = catalogue().fitting(kind)
        return {"anyOf": [self._defined(t, partial(self._section, catalogue()[t], t)) for t in targets]}

    def _section(self, cls: type, target: str | None) -> Schema:
        found = parameters(cls)
        properties = {name: self._property(parameter) for name, parameter in found.items()}
        required = [name for name, parameter in found.items() if parameter.required]
        if target is not None:
            properties[TARGET] = {"const": target}
            required.append(TARGET)
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        says = (inspect.getdoc(cls) or "").partition("\n")[0]
        return {
            **schema,
            **({"required": required} if self.whole else {}),
            **({"description": says} if says else {}),
        }

    def _property(self, parameter: Parameter) -> Schema:
        """References and what is left open may stand anywhere."""
        schema: Schema = {"anyOf": [self.of(parameter.annotation), REFERENCE, OPEN]}
        default = parameter.default
        plain = default is None or isinstance(default, bool | int | float | str)
        return {**schema, "default": default} if plain and not parameter.required else schema
