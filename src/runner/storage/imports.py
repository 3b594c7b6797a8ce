"""What a Python source depends on, by reading its syntax tree."""

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """digest: SHA-256 of the code without comments and docstrings; imports: dotted names it may import;
    libraries: top-level names imported at run time."""

    digest: str
    imports: frozenset[str]
    libraries: frozenset[str]


RULES = hashlib.sha256(Path(__file__).read_bytes() + sys.version.encode()).hexdigest()
"""Changes with what reading a source means: the code below, and Python's own syntax trees."""


def read_source(text: bytes, package: str, symbol: str | None) -> Source:
    """Reads a module's text; with a symbol, only what that function reaches in it.

    package: dotted name of the package that relative imports start from.
    """
    statements = ast.parse(text).body
    if symbol is not None:
        statements = _reached(list(_flat(statements)), symbol)
    kept = [node for statement in statements if (node := _WithoutDocstrings().visit(statement)) is not None]
    code = "\n".join(ast.dump(statement) for statement in kept)
    for_typing = {node for block in filter(_is_typing_block, kept) for node in ast.walk(block)}
    imports: set[str] = set()
    libraries: set[str] = set()
    for node in (node for statement in kept for node in ast.walk(statement)):
        names = _imported(node, package)
        imports |= names
        if node not in for_typing:
            libraries |= {name.partition(".")[0] for name in names}
    return Source(hashlib.sha256(code.encode()).hexdigest(), frozenset(imports), frozenset(libraries))


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


def _imported(node: ast.AST, package: str) -> set[str]:
    """Names that a node may import: `from a import b` may mean the module a.b or something in a."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if not isinstance(node, ast.ImportFrom):
        return set()
    base = node.module or ""
    if node.level:
        parents = package.split(".")
        base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
    return {base} | {f"{base}.{alias.name}" for alias in node.names if alias.name != "*"}


def _is_typing_block(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _flat(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Top-level statements, one name per import, also inside what is for type checkers."""
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (ast.Import([alias]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (ast.ImportFrom(node.module, [alias], node.level) for alias in node.names)
        elif isinstance(node, ast.If) and _is_typing_block(node):
            yield from (ast.If(node.test, [inner], []) for inner in _flat(node.body))
        else:
            yield node


def _reached(statements: list[ast.stmt], symbol: str) -> list[ast.stmt]:
    """The statements that a name needs, in order.

    Those that define no plain name, and decorated functions, may act on import: always needed.
    """
    defined = [_defines(statement) for statement in statements]
    needed = {i for i, own in enumerate(defined) if own is None}
    if not any(symbol in own for own in defined if own):
        needed = set(range(len(statements)))
    names = {symbol}
    grown = True
    while grown:
        names |= {name for i in needed for name in _mentions(statements[i])}
        more = {i for i, own in enumerate(defined) if own and own & names} - needed
        needed |= more
        grown = bool(more)
    return [statements[i] for i in sorted(needed)]


def _defines(node: ast.stmt) -> set[str] | None:
    """The plain names that a top-level statement defines; None if it may do anything else."""
    match node:
        case ast.ClassDef() | ast.FunctionDef(decorator_list=[]) | ast.AsyncFunctionDef(decorator_list=[]):
            return {node.name}
        case ast.Import(names=[alias]) | ast.ImportFrom(names=[alias]) if alias.name != "*":
            return {alias.asname or alias.name.partition(".")[0]}
        case ast.Assign(targets=targets) if all(isinstance(target, ast.Name) for target in targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.If() if _is_typing_block(node):
            return _defines(node.body[0])
    return None


def _mentions(node: ast.stmt) -> set[str]:
    """Names that a statement uses, also as quoted annotations."""
    inner = list(ast.walk(node))
    texts = (part.value for part in inner if isinstance(part, ast.Constant))
    quoted = {text for text in texts if isinstance(text, str) and text.isidentifier()}
    return quoted | {part.id for part in inner if isinstance(part, ast.Name)}
