"""What component classes there are, read from an index: a module is imported once, when its file is new.

The index is a JSON file in the user's cache folder. A module's entry holds as long as its own file and the
files of its classes' bases have the content that they had when it was imported. A file that cannot be
imported has no entry: whoever asks for components tries it again.
"""

import importlib
import importlib.util
import inspect
import pkgutil
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from components.contracts import Component
from components.errors import AssayError, ConfigError, ContractError
from runner.composition import schema
from runner.composition.schema import class_path, is_component, parameters
from runner.storage import kept

KIND = "components"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a component class without importing it.

    module: where it is defined; kinds: class paths of itself and of what it inherits from, nearest first, its
    contract last; lacks: what it leaves abstract; says: the first line of its docstring.
    """

    module: str
    kinds: tuple[str, ...]
    lacks: tuple[str, ...]
    says: str


@dataclass(frozen=True, kw_only=True)
class Index:
    """classes: class path -> facts of every public class, abstract ones too; broken: module -> why it cannot
    be imported."""

    classes: Mapping[str, Known]
    broken: Mapping[str, AssayError]


def index(packages: Sequence[str], *, own: bool) -> Index:
    """The classes of these packages and of everything below them.

    own: they are the runner's, so that none is broken. Raises ConfigError where there is no such package.
    """
    specs = {package: _spec(package) for package in packages}
    rules = [Path(file).read_bytes() for file in (__file__, schema.__file__)]
    places = [f"{package} {_file(spec)} {_folders(spec)}" for package, spec in specs.items()]
    name = kept.digest([kept.environment(), *rules, *places])
    old = kept.load(KIND, name) or {}
    walk = _Walk(old=old, own=own)
    for package, spec in specs.items():
        walk.module(package, _file(spec), _folders(spec))
    if walk.entries != old:
        kept.keep(KIND, name, walk.entries)
    classes = {
        target: Known(module=module, kinds=tuple(facts["kinds"]), lacks=tuple(facts["lacks"]), says=facts["says"])
        for module, entry in walk.entries.items()
        for target, facts in entry["classes"].items()
    }
    return Index(classes=dict(sorted(classes.items())), broken=walk.broken)


def load_class(target: str, known: Known) -> type[Component]:
    """Imports the module of a class and returns the class.

    Raises ContractError in one line: a component that cannot be imported is its author's to mend.
    """
    for cls in _public_classes(_import(known.module)):
        if class_path(cls) == target and not inspect.isabstract(cls):
            parameters(cls)
            return cls
    raise ContractError(f"{target}: its module defines it at times only; mend the component file")


class _Walk:
    """One pass over files. old: entries of the last pass; entries: module -> {classes, files} of this one."""

    def __init__(self, *, old: Mapping[str, Any], own: bool) -> None:
        self.entries: dict[str, Any] = {}
        self.broken: dict[str, AssayError] = {}
        self._old = old
        self._own = own
        self._digests: dict[str, str] = {}

    def module(self, name: str, file: str | None, folders: Sequence[str]) -> None:
        """A module, and all modules in its folders if it is a package."""
        entry = self._old.get(name)
        if entry is None or any(self._digest(path) != digest for path, digest in entry["files"].items()):
            entry = self._imported(name, file)
        if entry is None:
            return
        self.entries[name] = entry
        for folder in folders:
            for info in pkgutil.iter_modules([folder], f"{name}."):
                place = Path(folder) / info.name.rpartition(".")[2]
                if info.ispkg:
                    self.module(info.name, str(place / "__init__.py"), [str(place)])
                else:
                    self.module(info.name, f"{place}.py", [])

    def _imported(self, name: str, file: str | None) -> dict[str, Any] | None:
        files = [file] if file else []
        digests = {path: self._digest(path) for path in files}
        try:
            classes = list(_public_classes(_import(name)))
            facts = {class_path(cls): _facts(cls) for cls in classes}
        except AssayError as error:
            if self._own:
                raise
            self.broken[name] = error
            return None
        modules = {base.__module__ for cls in classes for base in cls.__mro__}
        bases = {path for module in modules if (path := getattr(sys.modules.get(module), "__file__", None))}
        return {"classes": facts, "files": digests | {path: self._digest(path) for path in sorted(bases)}}

    def _digest(self, path: str) -> str:
        """Of a file's content, read once a pass; like no other where it cannot be read."""
        if path not in self._digests:
            try:
                self._digests[path] = kept.digest([Path(path).read_bytes()])
            except OSError:
                self._digests[path] = uuid.uuid4().hex
        return self._digests[path]


def _facts(cls: type[Component]) -> dict[str, Any]:
    lacks = sorted(getattr(cls, "__abstractmethods__", ()))
    if not lacks:
        parameters(cls)
    kinds = [class_path(base) for base in cls.__mro__ if is_component(base) and base is not Component]
    return {"kinds": kinds, "lacks": lacks, "says": (inspect.getdoc(cls) or "").partition("\n")[0]}


def _public_classes(module: ModuleType) -> Iterator[type[Component]]:
    for cls in list(vars(module).values()):
        if is_component(cls) and not cls.__name__.startswith("_") and cls.__module__ == module.__name__:
            yield cls


def _spec(package: str) -> ModuleSpec:
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        raise ConfigError(
            f"{package}: no such package; it is named in ./pyproject.toml ([tool.assay] components) or in "
            "ASSAY_COMPONENTS; install it or mend the name"
        )
    return spec


def _file(spec: ModuleSpec) -> str | None:
    return spec.origin if spec.has_location else None


def _folders(spec: ModuleSpec) -> list[str]:
    return list(spec.submodule_search_locations or ())


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise ContractError(
            f"{_origin(name)}: cannot be imported: {type(error).__name__}: {error}; mend the component file"
        ) from error


def _origin(name: str) -> str:
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        spec = None
    return str(spec.origin) if spec else name
