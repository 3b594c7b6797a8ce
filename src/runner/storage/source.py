"""What the statements of a Python source define, mention and import, by reading its syntax tree."""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

PURE_DECORATORS = frozenset({"cache", "lru_cache", "contextmanager", "helper", "njit", "wraps", "overload"})
"""What is decorated by anything else may be registered somewhere on import."""

IMPORTING = frozenset({"import_module", "importlib.import_module", "__import__"})
"""Whoever uses one of these may import any module of its package."""
READING = frozenset({"__file__", "PackageLoader", "importlib.resources", "resources.files"})
"""Whoever uses one of these may read any data file of its package."""

TYPING_BLOCKS = ("TYPE_CHECKING", "typing.TYPE_CHECKING")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One top-level statement, or what a block for type checkers imports.

    digest    SHA-256 of its code without comments and docstrings
    defines   the names that it defines; None if it may do anything else on import: it always counts
    mentions  names that it uses, also as quoted annotations; `alias.attribute` where a name's attribute is used
    imports   of a statement that imports: local name -> (module, name in it or "")
    inner     what it imports inside functions: (module, name in it or "")
    texts     short text constants: they may name a data file
    typing    whether it is for type checkers only
    importing whether it may import modules whose names are computed
    reading   whether it may read data files whose names are computed
    """

    digest: str
    defines: tuple[str, ...] | None
    mentions: tuple[str, ...]
    imports: tuple[tuple[str, str, str], ...]
    inner: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    typing: bool
    importing: bool
    reading: bool

    @staticmethod
    def of(row: Sequence[Any]) -> "Statement":
        """What `dataclasses.astuple` took apart, also after JSON."""
        digest, defines, mentions, imports, inner, texts, *facts = row
        return Statement(
            digest=digest,
            defines=None if defines is None else tuple(defines),
            mentions=tuple(mentions),
            imports=tuple((local, module, name) for local, module, name in imports),
            inner=tuple((module, name) for module, name in inner),
            texts=tuple(texts),
            typing=facts[0],
            importing=facts[1],
            reading=facts[2],
        )


@cache
def read_source(text: bytes, package: str) -> tuple[Statement, ...]:
    """The statements of a module's text; package: dotted name from which relative imports start.

    An import whose name nothing mentions is there for what it does.
    """
    statements = [_statement(node, package, typing) for node, typing in _flat(ast.parse(text).body, False)]
    used = {mention.partition(".")[0] for each in statements if not each.imports for mention in each.mentions}
    return tuple(
        replace(each, defines=None) if each.imports and not each.typing and each.imports[0][0] not in used else each
        for each in statements
    )


def _flat(statements: list[ast.stmt], typing: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Top-level statements, one name per import, and whether they are for type checkers only."""
    for node in statements:
        if isinstance(node, ast.Import):
            yield from ((ast.Import([alias]), typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((ast.ImportFrom(node.module, [alias], node.level), typing) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) in TYPING_BLOCKS:
            yield from _flat(node.body, True)
        elif not _is_text(node):
            yield node, typing


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if _is_text(node) else node


def _statement(node: ast.stmt, package: str, typing: bool) -> Statement:
    node = _WithoutDocstrings().visit(node)
    inner = [part for part in ast.walk(node) if part is not node]
    own = _imported(node, package)
    texts = {part.value for part in inner if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    mentions = _mentions(inner, texts)
    return Statement(
        digest=hashlib.sha256(ast.dump(node).encode()).hexdigest(),
        defines=_defines(node),
        mentions=tuple(sorted(mentions)),
        imports=tuple(own),
        inner=tuple((module, name) for part in inner for _, module, name in _imported(part, package)),
        texts=tuple(sorted(text for text in texts if 0 < len(text) < 100 and "\n" not in text)),
        typing=typing,
        importing=bool(mentions & IMPORTING),
        reading=bool(mentions & READING),
    )


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


def _defines(node: ast.stmt) -> tuple[str, ...] | None:
    """The plain names that a top-level statement defines; None if it may do anything else."""
    match node:
        case ast.ClassDef():
            return (node.name,)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return (node.name,) if all(_is_pure(decorator) for decorator in node.decorator_list) else None
        case ast.Import(names=[alias]) | ast.ImportFrom(names=[alias]) if alias.name != "*":
            return (alias.asname or alias.name.partition(".")[0],)
        case ast.Assign(targets=targets) if all(_plain_target(target) for target in targets):
            return tuple(name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
    return None


def _plain_target(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple):
        return all(_plain_target(element) for element in target.elts)
    return isinstance(target, ast.Name)


def _is_pure(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in PURE_DECORATORS


def _mentions(inner: list[ast.AST], texts: set[str]) -> set[str]:
    """Names, `name.attribute` where only that is used of a name, and identifiers in quoted annotations."""
    heads = {id(part.value): f"{part.value.id}.{part.attr}" for part in inner
             if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name)}  # fmt: skip
    names = {heads.get(id(part), part.id) for part in inner if isinstance(part, ast.Name)}
    quoted = {word for text in texts if len(text) < 100 for word in _identifiers(text)}
    return names | quoted


def _identifiers(text: str) -> Iterator[str]:
    word = ""
    for character in f"{text} ":
        if character.isidentifier() or (word and character.isdigit()):
            word += character
        elif word:
            yield word
            word = ""
