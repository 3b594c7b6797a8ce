"""The code that a function or class reaches, by reading sources, not by importing them.

Found are names: from a statement to the statements that define what it mentions, through imports into other
project modules (`components`, `runner`, the subject's own top-level package, and whatever else is not installed
under site-packages). Of a module that is reached, statements that may act on import always count, and of a class
all of it.
"""

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import FunctionType

from components.errors import ContractError
from runner.storage.digests import source_of, version_of
from runner.storage.keys import content_hash
from runner.storage.source import Statement

_OURS = frozenset({"components", "runner"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_WHOLE = ""


@dataclass(frozen=True, kw_only=True)
class Code:
    """parts: "module:name" -> digest of what that statement says, "module/file" of a data file; versions: of the
    libraries that they import, and Python's own."""

    parts: dict[str, str]
    versions: dict[str, str | None]

    @cached_property
    def digest(self) -> str:
        return content_hash({"parts": self.parts, "versions": self.versions})


@cache
def code_of(subject: type | FunctionType) -> Code:
    """The code that a class or function reaches; read once per process.

    Raises ContractError if the subject has no source file.
    """
    search = _Search(home=subject.__module__.partition(".")[0])
    module = subject.__module__
    search.enter(module, _own_file(module), _name(subject))
    search.run()
    libraries = search.libraries | set(getattr(subject, "libraries", ()))
    versions = {library: version_of(library) for library in sorted(libraries - sys.stdlib_module_names)}
    return Code(
        parts=dict(sorted(search.parts.items())),
        versions={"python": f"{sys.version_info[0]}.{sys.version_info[1]}", **versions},
    )


def _name(subject: type | FunctionType) -> str:
    """Its top-level name; everything where it has none."""
    name = subject.__qualname__.partition(".")[0]
    return name if name.isidentifier() else _WHOLE


@dataclass(kw_only=True, eq=False)
class _Search:
    """What was found, and (module, name) of what is still to be looked at."""

    home: str
    parts: dict[str, str] = field(default_factory=dict[str, str])
    libraries: set[str] = field(default_factory=set[str])
    _files: dict[str, Path | None] = field(default_factory=dict[str, "Path | None"])
    _seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _pending: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def enter(self, module: str, file: Path | None, name: str) -> None:
        self._files[module] = file
        self._want(module, name)

    def run(self) -> None:
        while self._pending:
            module, name = self._pending.pop()
            for statement in self._statements(module, name):
                self._take(module, statement)

    def _want(self, module: str, name: str) -> None:
        """Notes a name of a project module, and the packages above it, which are imported with it."""
        top = module.partition(".")[0]
        if not _is_project(top, self.home):
            self.libraries.add(top)
            return
        if name != _WHOLE and self._file(f"{module}.{name}") is not None:
            module, name = f"{module}.{name}", _WHOLE
        for wanted in (*((package, "*") for package in _prefixes(module)[:-1]), (module, name)):
            if wanted not in self._seen:
                self._seen.add(wanted)
                self._pending.append(wanted)

    def _file(self, module: str) -> Path | None:
        if module not in self._files:
            self._files[module] = _file_of(module)
        return self._files[module]

    def _read(self, module: str) -> tuple[Statement, ...]:
        file = self._file(module)
        if file is None:
            return ()
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        return source_of(file.read_bytes(), package)

    def _statements(self, module: str, name: str) -> Iterator[Statement]:
        """Those that define the name, and those that act on import; all where the name is not found."""
        statements = self._read(module)
        acting = [each for each in statements if each.defines is None]
        if name == "*":
            yield from acting
            return
        named = [each for each in statements if each.defines is not None and name in each.defines]
        yield from (*named, *acting) if named else statements

    def _take(self, module: str, statement: Statement) -> None:
        label = f"{module}:{'+'.join(statement.defines or ('*',))}"
        if self.parts.get(label) == statement.digest or f"{label}#{statement.digest[:8]}" in self.parts:
            return
        self.parts[label if label not in self.parts else f"{label}#{statement.digest[:8]}"] = statement.digest
        for _, target, name in statement.imports:
            self._import(target, name, statement.typing)
        for target, name in statement.inner:
            self._import(target, name, statement.typing)
        for mention in statement.mentions:
            self._mention(module, mention)
        if statement.importing:
            self._all_modules(module)
        if statement.reading:
            self._all_data_files(module)
        self._data_files(module, statement.texts)

    def _import(self, target: str, name: str, typing: bool) -> None:
        if typing and not _is_project(target.partition(".")[0], self.home):
            return
        # What is used of a whole module is found where it is mentioned.
        self._want(target, _WHOLE if name in ("", "*") else name)

    def _mention(self, module: str, mention: str) -> None:
        name = mention.partition(".")[0]
        if any(each.defines is not None and name in each.defines for each in self._read(module)):
            self._want_own(module, name)

    def _want_own(self, module: str, name: str) -> None:
        if (module, name) not in self._seen:
            self._seen.add((module, name))
            self._pending.append((module, name))

    def _all_modules(self, module: str) -> None:
        file = self._file(module)
        assert file is not None
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        for other in sorted(file.parent.rglob("*.py")):
            inside = other.relative_to(file.parent).with_suffix("").parts
            self._want(".".join([*filter(None, [package]), *(part for part in inside if part != "__init__")]), _WHOLE)

    def _all_data_files(self, module: str) -> None:
        file = self._file(module)
        assert file is not None
        for other in sorted(file.parent.rglob("*")):
            if other.is_file() and other.suffix not in (".py", ".pyc"):
                self._data_file(module, other)

    def _data_files(self, module: str, texts: tuple[str, ...]) -> None:
        file = self._file(module)
        assert file is not None
        for text in texts:
            if "." in text and not text.startswith(("/", ".")):
                other = file.parent / text
                if other.suffix != ".py" and other.is_file():
                    self._data_file(module, other)

    def _data_file(self, module: str, file: Path) -> None:
        self.parts[f"{module}/{file.name}"] = content_hash(file.read_bytes().hex())


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _own_file(module: str) -> Path:
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or not file.endswith(".py"):
        raise ContractError(f"{module}: its source cannot be read, so its results cannot be cached; put it in a file")
    return Path(file)


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
