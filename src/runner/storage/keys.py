"""Keys: what a result depends on, as a hash.

A stage's key covers the resolved configuration of its component, the code that computes it and the
keys of its inputs. The code is found by reading sources, not by importing them.
"""

import hashlib
import importlib.util
import json
import math
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from components.errors import ContractError
from runner.storage.digests import source_of, version_of
from runner.storage.imports import Source

FORMAT = 1
"""Raise it when the meaning of a key or the form of a stored result changes: old entries are not found."""

_OURS = frozenset({"components", "runner"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def canonical_json(value: Any) -> str:
    """The one JSON text of a plain value: keys sorted, no spaces, floats in their shortest exact form.

    value: None, bool, int, float (finite), str, and lists, tuples and string-keyed mappings of these.
    1 and 1.0 are different values. Raises ContractError naming the place of anything else.
    """
    return json.dumps(_plain(value, ""), sort_keys=True, separators=(",", ":"), allow_nan=False)


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


def stage_key(stage: str, config: Any, code: str, inputs: Sequence[str] | Mapping[str, str]) -> str:
    """Key of one stage's result, 64 hex digits.

    config: plain resolved configuration; code: `code_fingerprint`; inputs: keys of what it reads.
    """
    return content_hash({"format": FORMAT, "stage": stage, "config": config, "code": code, "inputs": inputs})


@cache
def code_fingerprint(subject: type | ModuleType | FunctionType) -> str:
    """Hash of the code that a class, function or module reaches; computed once per process.

    Covers the source of the subject's module and of all project modules it imports transitively (also
    inside functions), without comments and docstrings, the versions of the libraries it declares
    (`libraries`) or that these sources import under their distribution's name, and Python's own.
    Project modules are `components`, `runner`, the subject's own top-level package, and whatever else
    is not installed under site-packages or dist-packages. Of a function's own module only the
    statements it reaches by name count, together with those that may act on import. Modules imported
    by a computed name are not seen. Raises ContractError if the subject has no source file.
    """
    name = subject.__name__ if isinstance(subject, ModuleType) else subject.__module__
    home = name.partition(".")[0]
    digests: dict[str, str] = {}
    libraries = set(getattr(subject, "libraries", ()))
    pending: list[tuple[str, Path | None, str | None]] = [
        *((package, _file_of(package), None) for package in _prefixes(name)[:-1]),
        (name, _own_file(name), _symbol(subject)),
    ]
    while pending:
        module, file, symbol = pending.pop()
        label = f"{module}:{symbol}" if symbol else module
        if file is None or label in digests:
            continue
        source = _read(file, module, symbol)
        digests[label] = source.digest
        for found in source.imports:
            if _is_project(found.partition(".")[0], home):
                pending += [(prefix, _file_of(prefix), None) for prefix in _prefixes(found)]
        libraries |= {top for top in source.libraries if not _is_project(top, home)}
    versions = {library: version_of(library) for library in libraries - sys.stdlib_module_names}
    return content_hash({"python": sys.version_info[:2], "modules": digests, "versions": versions})


def _symbol(subject: type | ModuleType | FunctionType) -> str | None:
    """The top-level name of a function; None where the whole module counts."""
    if not isinstance(subject, FunctionType):
        return None
    name = subject.__qualname__.partition(".")[0]
    return name if name.isidentifier() else None


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _own_file(module: str) -> Path:
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or not file.endswith(".py"):
        raise ContractError(f"{module}: its source cannot be read, so its results cannot be cached; put it in a file")
    return Path(file)


def _read(file: Path, module: str, symbol: str | None) -> Source:
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    return source_of(file.read_bytes(), package, symbol)


@cache
def _is_project(top: str, home: str) -> bool:
    if top in _OURS or top == home:
        return True
    if top in sys.stdlib_module_names:
        return False
    places = _places(top)
    return bool(places) and not any(_INSTALLED.intersection(place.parts) for place in places)


@cache
def _places(top: str) -> tuple[Path, ...]:
    """The folders of a top-level package, or the file of a top-level module; found without importing it."""
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:
        return ()
    if spec is None:
        return ()
    if spec.submodule_search_locations is not None:
        return tuple(Path(folder) for folder in spec.submodule_search_locations)
    return (Path(spec.origin),) if spec.origin and spec.origin.endswith(".py") else ()


@cache
def _file_of(module: str) -> Path | None:
    top, *rest = module.split(".")
    for place in _places(top):
        if place.is_file():
            return place if not rest else None
        base = place.joinpath(*rest)
        for candidate in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if candidate.is_file() and (rest or candidate.name == "__init__.py"):
                return candidate
    return None
