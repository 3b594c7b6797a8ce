"""The code that a function or class reaches, by reading sources, not by importing them.

Found are names: from a statement to the statements that define what it mentions, through imports into other
project modules (`components`, `runner`, the subject's own top-level package, and whatever else is not installed
under site-packages). Of a module that is reached, statements that may act on import always count, and of a class
all of it.
"""

import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import FunctionType

from components.errors import ContractError
from runner.storage.digests import source_of, version_of
from runner.storage.source import Statement, bound

OURS = frozenset({"components", "runner"})
INSTALLED = frozenset({"site-packages", "dist-packages"})
_WHOLE = ""
_LIBRARY = -1

Node = tuple[str, int]
"""A statement: module, place in it; or a library: name, _LIBRARY."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """parts: "module:name" -> digest of what that statement says, "module/file" of a data file; versions: of the
    libraries that they import, and Python's own."""

    parts: dict[str, str]
    versions: dict[str, str | None]

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([self.parts, self.versions], sort_keys=True).encode()).hexdigest()


@cache
def code_of(subject: type | FunctionType) -> Code:
    """The code that a class or function reaches; read once per process.

    Raises ContractError if the subject has no source file.
    """
    home = subject.__module__.partition(".")[0]
    return reader("" if home in OURS else home).code_of(subject)


@cache
def reader(home: str) -> "Reader":
    """The one that reads what belongs to this package; empty: to `components` and `runner`."""
    return Reader(home=home)


@dataclass(frozen=True, kw_only=True)
class _Module:
    """A module's statements: by the names that they define, and those that always count."""

    file: Path
    package: str
    statements: tuple[Statement, ...]
    named: dict[str, list[int]]
    acting: tuple[int, ...]


@dataclass(kw_only=True, eq=False)
class Reader:
    """Reads modules and remembers what they say. home: top-level package that counts as ours wherever it lies;
    text: what a file says; left: whether code led into a package that is neither home nor `components` or `runner`."""

    home: str = ""
    text: Callable[[Path], bytes] = Path.read_bytes
    left: bool = False
    _files: dict[str, Path | None] = field(default_factory=dict[str, "Path | None"])
    _modules: dict[str, _Module | None] = field(default_factory=dict[str, "_Module | None"])
    _resolved: dict[tuple[str, str], frozenset[Node]] = field(default_factory=dict[tuple[str, str], frozenset[Node]])
    _next: dict[Node, frozenset[Node]] = field(default_factory=dict[Node, frozenset[Node]])
    _data: dict[Node, dict[str, str]] = field(default_factory=dict[Node, dict[str, str]])

    def code_of(self, subject: type | FunctionType) -> Code:
        """See `code_of`."""
        module = subject.__module__
        if module not in self._files:
            self._files[module] = own_file(module)
        libraries = set(getattr(subject, "libraries", ()))
        return self._code(self._reached(self._resolve(module, _name(subject))), libraries)

    def _reached(self, start: Iterable[Node]) -> set[Node]:
        seen, pending = set(start), list(start)
        while pending:
            new = self._following(pending.pop()) - seen
            seen |= new
            pending += new
        return seen

    def _code(self, reached: set[Node], libraries: set[str]) -> Code:
        parts: dict[str, str] = {}
        for module, place in reached:
            if place == _LIBRARY:
                libraries.add(module)
                continue
            known = self._module(module)
            assert known is not None
            statement = known.statements[place]
            parts[f"{module}:{statement.label}"] = statement.digest
            parts |= self._data.get((module, place), {})
        versions = {library: version_of(library) for library in sorted(libraries - sys.stdlib_module_names)}
        python = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return Code(parts=dict(sorted(parts.items())), versions={"python": python, **versions})

    def _file(self, module: str) -> Path | None:
        if module not in self._files:
            self._files[module] = _file_of(module)
        return self._files[module]

    def _module(self, module: str) -> _Module | None:
        if module not in self._modules:
            self._modules[module] = self._read(module)
        return self._modules[module]

    def _read(self, module: str) -> _Module | None:
        file = self._file(module)
        if file is None:
            return None
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        statements = source_of(self.text(file), package)
        named: dict[str, list[int]] = {}
        for place, each in enumerate(statements):
            for name in each.defines:
                named.setdefault(name, []).append(place)
        acting = tuple(place for place, each in enumerate(statements) if each.acts)
        return _Module(file=file, package=package, statements=statements, named=named, acting=acting)

    def _resolve(self, module: str, dotted: str) -> frozenset[Node]:
        """The statements that define a name of a module, or of the module below it that `dotted` leads to, and what
        runs when that is imported."""
        if (module, dotted) not in self._resolved:
            self._resolved[module, dotted] = frozenset(self._find(module, dotted))
        return self._resolved[module, dotted]

    def _find(self, module: str, dotted: str) -> Iterator[Node]:
        if not self._is_ours(module):
            yield module.partition(".")[0], _LIBRARY
            return
        names = dotted.split(".") if dotted else []
        while names and self._file(f"{module}.{names[0]}") is not None:
            own = self._module(module)
            yield from ((module, place) for place in (own.named.get(names[0], ()) if own else ()))
            module = f"{module}.{names.pop(0)}"
        for package in _prefixes(module)[:-1]:
            yield from self._acting(package)
        own = self._module(module)
        if own is None:
            return
        named = own.named.get(names[0]) if names else None
        if named is None:
            yield from ((module, place) for place in range(len(own.statements)))
        else:
            yield from ((module, place) for place in named)
            yield from self._acting(module)

    def _acting(self, module: str) -> Iterator[Node]:
        own = self._module(module)
        if own is not None:
            yield from ((module, place) for place in own.acting)
            classes = [place for place, each in enumerate(own.statements) if each.bases and not each.acts]
            yield from ((module, place) for place in classes if self._is_hooked(module, place))

    def _is_hooked(self, module: str, place: int, deep: int = 0) -> bool:
        """Whether some base of a class sees the classes that are made of it."""
        own = self._module(module)
        assert own is not None
        bases = [where for base in own.statements[place].bases for where in self._defining(own, module, base)]
        return deep < 20 and any(
            known.statements[at].hooks or self._is_hooked(name, at, deep + 1)
            for name, at in bases
            if (name, at) != (module, place) and (known := self._module(name)) is not None
        )

    def _defining(self, own: _Module, module: str, dotted: str, deep: int = 0) -> Iterator[Node]:
        """The project's statement that defines a name, through imports."""
        head, _, rest = dotted.partition(".")
        for place in own.named.get(head, ()):
            imports = own.statements[place].imports
            if not imports:
                yield module, place
                continue
            (_, target, name), *_ = imports
            if deep > 20 or not self._is_ours(target):
                continue
            path = ".".join(filter(None, [name, rest]))
            while path and self._file(f"{target}.{path.partition('.')[0]}") is not None:
                target, path = f"{target}.{path.partition('.')[0]}", path.partition(".")[2]
            if path and (other := self._module(target)) is not None:
                yield from self._defining(other, target, path, deep + 1)

    def _following(self, node: Node) -> frozenset[Node]:
        if node not in self._next:
            self._next[node] = frozenset(self._follow(node))
        return self._next[node]

    def _follow(self, node: Node) -> Iterator[Node]:
        """What a statement leads to; notes the data files that it may read."""
        module, place = node
        if place == _LIBRARY:
            return
        own = self._module(module)
        assert own is not None
        statement = own.statements[place]
        needed = [(target, name) for _, target, name in statement.imports] + list(statement.inner)
        for target, name in needed:
            if not statement.typing or self._is_ours(target):
                yield from self._resolve(target, _WHOLE if name == "*" else name)
        for mention in statement.mentions:
            yield from self._mentioned(own, module, mention)
        if statement.importing:
            for other in self._modules_beside(own):
                yield from self._resolve(other, _WHOLE)
        data = dict(self._data_files(own, module, statement))
        if data:
            self._data[node] = data

    def _mentioned(self, own: _Module, module: str, mention: str) -> Iterator[Node]:
        head, _, rest = mention.partition(".")
        for place in own.named.get(head, ()):
            yield module, place
            for local, target, name in own.statements[place].imports if rest else ():
                whole = bound(local, target, name)
                if self._is_ours(whole) and self._file(f"{whole}.{rest.partition('.')[0]}"):
                    yield from self._resolve(whole, rest)

    def _is_ours(self, module: str) -> bool:
        top = module.partition(".")[0]
        ours = _is_project(top, self.home)
        self.left |= ours and top not in OURS and top != self.home
        return ours

    def _modules_beside(self, own: _Module) -> Iterator[str]:
        for other in _files_under(own.file.parent, own.package):
            if other.suffix == ".py":
                inside = other.relative_to(own.file.parent).with_suffix("").parts
                yield ".".join([*filter(None, [own.package]), *(part for part in inside if part != "__init__")])

    def _data_files(self, own: _Module, module: str, statement: Statement) -> Iterator[tuple[str, str]]:
        """(label, digest) of each."""
        folder = own.file.parent
        named = [folder / text for text in statement.texts if not text.startswith(("/", "."))]
        if statement.reading:
            above = len(own.package.split(".")) - 1 if statement.above and own.package else 0
            folder = [folder, *folder.parents][above]
            named += _files_under(folder, own.package)
        for file in named:
            if file.suffix not in (".py", ".pyc") and file.is_file():
                inside = file.relative_to(folder) if file.is_relative_to(folder) else file.name
                yield f"{module}/{inside}", hashlib.sha256(self.text(file)).hexdigest()


def _name(subject: type | FunctionType) -> str:
    """Its top-level name; everything where it has none."""
    name = subject.__qualname__.partition(".")[0]
    return name if name.isidentifier() else _WHOLE


def _files_under(folder: Path, package: str) -> list[Path]:
    """All files of a package; beside a module of no package, those that are not in folders of their own kind."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    if package:
        return found
    inside = [(path, path.relative_to(folder).parts) for path in found]
    return [
        path
        for path, parts in inside
        if not INSTALLED.intersection(parts) and not any(part.startswith(".") for part in parts)
    ]


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def own_file(module: str) -> Path:
    """The source file of an imported module. Raises ContractError where there is none."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or not file.endswith(".py"):
        raise ContractError(f"{module}: its source cannot be read, so its results cannot be cached; put it in a file")
    return Path(file)


@cache
def _is_project(top: str, home: str) -> bool:
    if top in OURS or top == home:
        return True
    if top in sys.stdlib_module_names:
        return False
    found = places(top)
    return bool(found) and not any(INSTALLED.intersection(place.parts) for place in found)


@cache
def places(top: str) -> tuple[Path, ...]:
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
    for place in places(top):
        if place.is_file():
            return place if not rest else None
        base = place.joinpath(*rest)
        for candidate in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if candidate.is_file() and (rest or candidate.name == "__init__.py"):
                return candidate
    return None
