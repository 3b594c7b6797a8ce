"""The contract for programs as JSON Schema: what every verb and every run prints with --json, and what a run tells."""

from collections.abc import Mapping
from typing import Any

from runner.answer import CONTRACT, ENVELOPE, ERROR
from runner.composition.json_schema import DRAFT
from runner.recording.events import KINDS
from runner.report.told import RUN

TYPES = {
    "text": "string",
    "number": "number",
    "integer": "integer",
    "true or false": "boolean",
    "list": "array",
    "map": "object",
    "null": "null",
}
HELP = {
    "verbs": "map: verb -> ways to call it and its arguments",
    "exit_codes": "map: kind of end -> code",
}
CONFIG = {"text": "text: what Hydra shows", "config": "map: with --cfg job, the composed configuration"}
VERSION = {"version": "text: of this installation", "folder": "text: where it lies"}
Schema = dict[str, Any]


def of_answers(verbs: Mapping[str, Mapping[str, str]]) -> Schema:
    """Definitions: answer (what all have in common), error, event, and one of every verb, of run, sweep and help.

    verbs: name -> its ANSWER.
    """
    from runner.sweeps.sweep import SWEEP

    forms = {"run": RUN, "sweep": SWEEP, "help": HELP, "config": CONFIG, "version": VERSION}
    fields = {**verbs, **forms}
    return {
        "$schema": DRAFT,
        "title": f"Answers of Assay, contract {CONTRACT}",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in fields],
        "$defs": {
            "answer": _envelope(),
            "error": _map(ERROR, required=ERROR),
            "event": _event(),
            **{name: _answer(name, each) for name, each in fields.items()},
        },
    }


def _answer(name: str, fields: Mapping[str, str]) -> Schema:
    own = {"verb": {"const": name}, **{field: field_of(says) for field, says in fields.items()}}
    return {"allOf": [{"$ref": "#/$defs/answer"}], "properties": own}


def _envelope() -> Schema:
    schema = _map(ENVELOPE, required=ENVELOPE)
    schema["properties"]["assay"] = {**schema["properties"]["assay"], "const": CONTRACT}
    schema["properties"]["errors"]["items"] = {"$ref": "#/$defs/error"}
    return schema


def _event() -> Schema:
    known = "; ".join(f"{kind}: {fields}" if fields else kind for kind, fields in KINDS.items())
    properties = {
        "assay": {"const": CONTRACT},
        "time": {"type": "string", "description": "in UTC, ISO 8601"},
        "event": {"enum": list(KINDS), "description": known},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _map(fields: Mapping[str, str], *, required: Mapping[str, str]) -> Schema:
    properties = {name: field_of(says) for name, says in fields.items()}
    return {"type": "object", "properties": properties, "required": list(required)}


def field_of(says: str) -> Schema:
    """`type: what it is`, as a schema."""
    kind, _, meaning = says.partition(": ")
    if kind == "any":
        return {"description": meaning}
    names = [kind] if kind in TYPES else kind.split(" or ")
    if kind not in TYPES and kind.startswith("true or false or "):
        names = ["true or false", kind.removeprefix("true or false or ")]
    found = [TYPES[name] for name in names]
    return {"type": found[0] if len(found) == 1 else found, "description": meaning}
