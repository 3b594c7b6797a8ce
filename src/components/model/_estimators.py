"""Estimators of scikit-learn: found by name, checked against their signature, written down without pickle."""

import hashlib
import importlib
import inspect
import io
import json
import zipfile
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal, cast

import numpy as np

from components.errors import DataError

ROOT = "sklearn"
SCHEMA = "schema.json"
OURS = {"random_state": "seed", "n_jobs": "resources.threads", "verbose": "nothing: the runner shows progress"}
"""Parameters that are not an experiment's to give here, and what decides them."""


def flaws_of(name: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the estimator cannot be made, a clause each."""
    try:
        kind = class_of(name)
    except LookupError as error:
        return (str(error),)
    known, flaws = list(inspect.signature(kind).parameters), []
    for parameter in parameters:
        if parameter in OURS:
            flaws.append(f"its parameters.{parameter} is decided by {OURS[parameter]}; remove it")
        elif parameter not in known:
            near = get_close_matches(parameter, known, 1)
            told = f"did you mean {near[0]}?" if near else f"it takes {', '.join(p for p in known if p not in OURS)}"
            flaws.append(f"its parameters.{parameter} is unknown to {name}; {told}")
    if not flaws and (refused := _refused(kind, parameters)):
        flaws.append(refused)
    return tuple(flaws)


def class_of(name: str) -> type:
    """The class of such as `linear_model.ElasticNet`. Raises LookupError that says what is there."""
    module_name, _, class_name = name.rpartition(".")
    if not module_name:
        raise LookupError(f"its estimator {name!r} has no module; write it as linear_model.ElasticNet")
    try:
        module = importlib.import_module(f"{ROOT}.{module_name}")
    except ImportError:
        raise LookupError(f"its estimator {name!r} is in no module of scikit-learn") from None
    kinds = [
        key for key in getattr(module, "__all__", ()) if key in vars(module) and inspect.isclass(vars(module)[key])
    ]
    kind = vars(module)[class_name] if class_name in kinds else None
    if kind is None or _purpose(kind) is None:
        near = [key for key in get_close_matches(class_name, kinds, 3) if _purpose(vars(module)[key])]
        told = f"did you mean {module_name}.{near[0]}?" if near else f"{module_name} has {', '.join(kinds) or 'none'}"
        raise LookupError(f"its estimator {name!r} is no regressor or classifier of scikit-learn; {told}")
    return cast(type, kind)


def classifies(name: str) -> bool:
    """Whether it forecasts a probability."""
    return _purpose(class_of(name)) == "classifier"


def _purpose(kind: type) -> Literal["regressor", "classifier"] | None:
    """scikit-learn asks an instance; one that needs arguments is a combination of others, which is neither."""
    from sklearn.base import is_classifier, is_regressor

    try:
        estimator = kind()
        if is_classifier(estimator):
            return "classifier" if hasattr(kind, "predict_proba") else None
        return "regressor" if is_regressor(estimator) else None
    except (TypeError, AttributeError):
        return None


def _refused(kind: type, parameters: Mapping[str, Any]) -> str | None:
    """What scikit-learn has against the values."""
    estimator: Any = kind(**parameters)
    try:
        getattr(estimator, "_validate_params", lambda: None)()
    except ValueError as error:
        return f"{kind.__name__} refuses its parameters: {' '.join(str(error).split())}"
    if hasattr(kind, "predict_proba") and not hasattr(estimator, "predict_proba"):
        return f"{kind.__name__} gives no probability with these parameters, and a forecast of a class is one"
    return None


def files_of(estimator: Any) -> dict[str, bytes]:
    """What skops writes of it, a file each, the same bytes for the same state: addresses in memory, by which skops
    names things, are left out, and arrays are named by their content."""
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator))) as archive:
        content = {name: _without_padding(name, archive.read(name)) for name in archive.namelist()}
    schema = json.loads(content.pop(SCHEMA))
    names = {
        name: f"{hashlib.sha256(data).hexdigest()[:16]}.{name.rpartition('.')[2]}" for name, data in content.items()
    }
    _without_addresses(schema, names)
    return {SCHEMA: json.dumps(schema).encode(), **{names[name]: data for name, data in content.items()}}


def _without_padding(name: str, data: bytes) -> bytes:
    """Records have bytes between their fields that hold whatever was in memory."""
    records = np.load(io.BytesIO(data), allow_pickle=False) if name.endswith(".npy") else None
    if records is None or records.dtype.names is None:
        return data
    clean = np.zeros(records.shape, records.dtype)
    for field in records.dtype.names:
        clean[field] = records[field]
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _without_addresses(node: Any, names: Mapping[str, str]) -> None:
    if isinstance(node, dict):
        node.pop("__id__", None)
        if node.get("file") in names:
            node["file"] = names[node["file"]]
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _without_addresses(inner, names)


def estimator_from(files: Mapping[str, bytes]) -> Any:
    """What `files_of` wrote down. Raises DataError where they name a type that is none of scikit-learn's."""
    import skops.io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    told = buffer.getvalue()
    types = skops.io.get_untrusted_types(data=told)
    strangers = [each for each in types if not each.startswith(f"{ROOT}.")]
    if strangers:
        raise DataError(f"{SCHEMA}: it names {strangers[0]}, which is no type of scikit-learn; it is not opened")
    return skops.io.loads(told, trusted=types)
