"""What the statements of a Python source define, mention and import, by reading its syntax tree."""

import ast
import builtins
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

PURE_DECORATORS = frozenset(
    {
        "functools.cache",
        "functools.lru_cache",
        "functools.wraps",
        "functools.total_ordering",
        "contextlib.contextmanager",
        "dataclasses.dataclass",
        "typing.final",
        "typing.overload",
        "typing.runtime_checkable",
        "numba.njit",
        "components.compilation.helper",
        "components.compilation.inlined",
        "components.expressions.kernels.helper",
    }
)
"""What is decorated by anything else may be registered somewhere on import."""
PURE_LIBRARIES = frozenset({*sys.stdlib_module_names, "numba", "numpy"})
"""Calling their functions changes nothing of ours."""

IMPORTING = frozenset(
    {"import_module", "__import__", "exec_module", "load_module", "run_module", "run_path", "iter_modules"}
    | {"walk_packages", "sys.modules", "__subclasses__"}
)
"""Whoever uses one of these may reach any module of its package."""
READING = frozenset({"__file__", "PackageLoader", "importlib.resources", "pkgutil.get_data"})
"""Whoever uses one of these may read any data file of its package."""
COMPUTING = frozenset({"globals", "eval", "exec", "locals", "vars"})
"""Whoever uses one of these may use any name of its module."""
HOOKS = frozenset({"__init_subclass__", "__set_name__"})
"""A class that has one of these sees the classes that are made of it."""

TYPING_BLOCKS = ("TYPE_CHECKING", "typing.TYPE_CHECKING")
MOST_OF_A_NAME = 100
"""Characters of a text that may be a name, an annotation or a file."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One top-level statement, or what a block for type checkers imports.

    label     the names that it defines, its place among those of the same names
    digest    SHA-256 of its code without comments and docstrings
    defines   the names that it defines; empty if it may do anything else on import
    acts      whether it always counts: it may do something on import
    mentions  names of its module that it uses, also as quoted annotations, with the attributes that follow them
    imports   of a statement that imports: local name, module, name in it or ""
    inner     what it imports inside functions: module, name in it or ""
    texts     short text constants that may name a data file
    bases     of a class: what it is made of
    typing    whether it is for type checkers only
    hooks     whether it is a class that sees those that are made of it
    importing whether it may reach modules whose names are computed
    reading   whether it may read data files whose names are computed; above: also of the packages above
    above     see reading
    """

    label: str
    digest: str
    defines: Sequence[str]
    acts: bool
    mentions: Sequence[str]
    imports: Sequence[tuple[str, str, str]]
    inner: Sequence[tuple[str, str]]
    texts: Sequence[str]
    bases: Sequence[str]
    typing: bool
    hooks: bool
    importing: bool
    reading: bool
    above: bool

    @staticmethod
    def of(row: Sequence[Any]) -> "Statement":
        """What `dataclasses.astuple` took apart, also after JSON."""
        return Statement(**dict(zip(_FIELDS, row, strict=True)))


_FIELDS = tuple(each.name for each in fields(Statement))


@cache
def read_source(text: bytes, package: str) -> tuple[Statement, ...]:
    """The statements of a module's text; package: dotted name from which relative imports start.

    An import whose name nothing mentions is there for what it does.
    """
    nodes = list(_flat(ast.parse(text).body, False))
    imports = [each for node, _ in nodes for each in _imported(node, package)]
    functions = {node.name for node, _ in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    known = {name for node, _ in nodes for name in _names(node)}
    module = _Module(
        package=package,
        bound={each[0]: bound(*each) for each in imports},
        functions=frozenset(functions),
        known=frozenset(known),
    )
    found = [_found(node, module) for node, _ in nodes]
    used = {mention.partition(".")[0] for each in found if not isinstance(each.node, _IMPORT) for mention in each.names}
    labels: Counter[str] = Counter()
    statements = []
    for each, (_, typing) in zip(found, nodes, strict=True):
        unused = bool(each.imports) and not typing and each.imports[0][0] not in used
        statements.append(_statement(each, module, typing, unused, labels))
    return tuple(statements)


_IMPORT = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, kw_only=True)
class _Module:
    """bound: local name -> dotted name of what was imported; functions: names of its own; known: all its names."""

    package: str
    bound: Mapping[str, str]
    functions: frozenset[str]
    known: frozenset[str]

    def meant(self, dotted: str) -> str:
        """The dotted name with its head as it was imported."""
        head, dot, rest = dotted.partition(".")
        return f"{self.bound.get(head, head)}{dot}{rest}"


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A statement without docstrings; names: all that it mentions."""

    node: ast.stmt
    inner: list[ast.AST]
    texts: set[str]
    names: set[str]
    imports: list[tuple[str, str, str]]


def _found(node: ast.stmt, module: _Module) -> _Found:
    node = _WithoutDocstrings().visit(node)
    inner = [part for part in ast.walk(node) if part is not node]
    texts = {part.value for part in inner if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return _Found(
        node=node, inner=inner, texts=texts, names=_mentions(inner, texts), imports=_imported(node, module.package)
    )


def _statement(found: _Found, module: _Module, typing: bool, unused: bool, labels: "Counter[str]") -> Statement:
    node, names = found.node, found.names
    meant = {module.meant(name) for name in names} | {f"{where}.{what}" for _, where, what in found.imports}
    inner = [each for part in found.inner for each in _imported(part, module.package)]
    meant |= {f"{where}.{what}" for _, where, what in inner}
    last = {name.rpartition(".")[2] for name in meant}
    defines = tuple(_names(node))
    stem = "+".join(defines) or "*"
    labels[stem] += 1
    inside = {part.name for part in found.inner if isinstance(part, ast.FunctionDef)}
    computing = bool(names & COMPUTING)
    heads = module.known if computing else {name for name in names if name.partition(".")[0] in module.known}
    return Statement(
        label=stem if labels[stem] == 1 else f"{stem}#{labels[stem]}",
        digest=hashlib.sha256(ast.dump(node).encode()).hexdigest(),
        defines=defines,
        acts=unused or not defines or _acts(node, module),
        mentions=tuple(sorted(heads)),
        imports=tuple(found.imports),
        inner=tuple(sorted({(where, what) for _, where, what in inner} | set(_through(inner, names)))),
        texts=tuple(sorted(text for text in found.texts if "." in text and _is_short(text))),
        bases=tuple(_dotted(base) for base in node.bases if _dotted(base)) if isinstance(node, ast.ClassDef) else (),
        typing=typing,
        hooks=isinstance(node, ast.ClassDef) and (bool(inside & HOOKS) or _is_metaclass(node)),
        importing=bool(last & IMPORTING or meant & IMPORTING),
        reading=any(name == each or name.startswith(f"{each}.") for name in meant for each in READING)
        or "PackageLoader" in last,
        above=_looks_above(found.inner),
    )


def _through(inner: list[tuple[str, str, str]], names: set[str]) -> Iterator[tuple[str, str]]:
    """What is used of modules that are imported inside functions: module, attributes."""
    modules = {local: bound(local, module, name) for local, module, name in inner if not name}
    for name in names:
        head, _, rest = name.partition(".")
        if head in modules and rest:
            yield modules[head], rest


def _is_short(text: str) -> bool:
    return 0 < len(text) < MOST_OF_A_NAME and "\n" not in text


def _is_metaclass(node: ast.ClassDef) -> bool:
    return bool(node.keywords) or any(_dotted(base) in ("type", "abc.ABCMeta", "ABCMeta") for base in node.bases)


def _looks_above(inner: list[ast.AST]) -> bool:
    """Whether `.parents`, or `.parent` of a `.parent`, is used."""
    return any(
        isinstance(part, ast.Attribute)
        and (
            part.attr == "parents"
            or (part.attr == "parent" and isinstance(part.value, ast.Attribute) and part.value.attr == "parent")
        )
        for part in inner
    )


def _flat(statements: list[ast.stmt], typing: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Top-level statements, one name per import, and whether they are for type checkers only."""
    for node in statements:
        if isinstance(node, ast.Import):
            yield from ((ast.Import([alias]), typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((ast.ImportFrom(node.module, [alias], node.level), typing) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) in TYPING_BLOCKS and not node.orelse:
            yield from _flat(node.body, True)
        elif not _is_text(node):
            yield node, typing


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if _is_text(node) else node


def _imported(node: ast.AST, package: str) -> list[tuple[str, str, str]]:
    """(local name, module, name in it) of an import; `import a.b` binds a and needs a.b."""
    if isinstance(node, ast.Import):
        return [(alias.asname or alias.name.partition(".")[0], alias.name, "") for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        parents = package.split(".")
        base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
    return [(alias.asname or alias.name, base, alias.name) for alias in node.names]


def bound(local: str, module: str, name: str) -> str:
    """The dotted name of what an import binds to the local name."""
    if name:
        return f"{module}.{name}"
    return local if module.partition(".")[0] == local else module


def _names(node: ast.stmt) -> list[str]:
    """The plain names that a top-level statement defines; none if it may define others."""
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return [node.name]
        case ast.Import(names=[alias]) | ast.ImportFrom(names=[alias]) if alias.name != "*":
            return [alias.asname or alias.name.partition(".")[0]]
        case ast.Assign(targets=targets) if all(_plain_target(target) for target in targets):
            return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _plain_target(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple):
        return all(_plain_target(element) for element in target.elts)
    return isinstance(target, ast.Name)


def _acts(node: ast.stmt, module: _Module) -> bool:
    """Whether a statement that defines names may do something else, too, when it runs."""
    match node:
        case ast.FunctionDef(name="__getattr__"):
            return True
        case ast.ClassDef(decorator_list=decorators, keywords=keywords):
            return bool(keywords) or not all(_is_pure(each, module) for each in decorators)
        case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
            return not all(_is_pure(each, module) for each in decorators)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return any(
                isinstance(part, ast.NamedExpr) or (isinstance(part, ast.Call) and _may_act(part.func, module))
                for part in ast.walk(value)
            )
    return False


def _is_pure(decorator: ast.expr, module: _Module) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return module.meant(_dotted(called)) in PURE_DECORATORS


def _may_act(called: ast.expr, module: _Module) -> bool:
    """Whether calling this may change something of ours: a class makes a value, a foreign function knows nothing."""
    name = _dotted(called)
    head, last = name.partition(".")[0], name.rpartition(".")[2]
    if not name or last[:1].isupper() or last.lstrip("_")[:1].isupper():
        return False
    if head in module.bound:
        return module.bound[head].partition(".")[0] not in PURE_LIBRARIES
    return head in module.functions or (name == head and not hasattr(builtins, head))


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of names and attributes; of `a[b].c` and `a().c` that of what comes first; empty where none does."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{inner}.{attribute}" if (inner := _dotted(value)) else ""
        case ast.Subscript(value=value):
            return _dotted(value)
    return ""


def _mentions(inner: list[ast.AST], texts: set[str]) -> set[str]:
    """Names, with the attributes that follow where all that is used of a name are attributes, and identifiers in
    short texts, such as quoted annotations."""
    chained = {id(part.value) for part in inner if isinstance(part, ast.Attribute)}
    chains = {_chain(part) for part in inner if isinstance(part, ast.Attribute) and id(part) not in chained}
    names = {part.id for part in inner if isinstance(part, ast.Name) and id(part) not in chained}
    quoted = {word for text in texts if len(text) < MOST_OF_A_NAME for word in _identifiers(text)}
    return (names | chains | quoted) - {""}


def _chain(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{inner}.{attribute}" if (inner := _chain(value)) else ""
    return ""


def _identifiers(text: str) -> Iterator[str]:
    word = ""
    for character in f"{text} ":
        if character.isidentifier() or (word and character.isdigit()):
            word += character
        elif word:
            yield word
            word = ""
