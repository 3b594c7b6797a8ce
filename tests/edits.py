"""Edits of sources in memory: of what a function that ran is made of, and of what it reads."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from runner.storage.code import Reader
from runner.storage.source import Statement, read_source

SOURCES = Path(__file__).parents[1] / "src"
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, order=True)
class Edit:
    """file, relative to the sources; what, for people; line and column of the node that is edited, line 0: the whole
    file is another one."""

    file: str
    what: str
    line: int
    column: int = 0

    def text(self) -> bytes:
        """The file after the edit."""
        path = SOURCES / self.file
        if self.line == 0:
            return path.read_bytes() + b"\n "
        top = copy.deepcopy(next(each for each in tree_of(self.file).body if self.line <= (each.end_lineno or 0)))
        (node,) = [each for each in ast.walk(top) if _is_at(each, self.line, self.column)]
        first = min([top.lineno, *(each.lineno for each in getattr(top, "decorator_list", ()))])
        _edit(node)
        lines = path.read_text(encoding="utf-8").split("\n")
        edited = ast.unparse(ast.fix_missing_locations(top))
        return "\n".join([*lines[: first - 1], edited, *lines[top.end_lineno :]]).encode()

    def reader(self) -> Reader:
        """What reads the sources after the edit."""
        edited, new = SOURCES / self.file, self.text()
        return Reader(text=lambda file: new if file == edited else file.read_bytes())

    def altered(self) -> frozenset[str] | None:
        """The statements that are other ones after the edit, as `Code.parts` names them. None where it may change more:
        whoever reached a statement before reaches it now, as long as names, imports and bases are the same."""
        if self.line == 0:
            return None
        inside = Path(self.file).with_suffix("").parts
        module = ".".join(part for part in inside if part != "__init__")
        package = module if inside[-1] == "__init__" else module.rpartition(".")[0]
        before, after = _read((SOURCES / self.file).read_bytes(), package), _read(self.text(), package)
        if [_leads(each) for each in before] != [_leads(each) for each in after]:
            return None
        return frozenset(
            f"{module}:{old.label}" for old, new in zip(before, after, strict=True) if old.digest != new.digest
        )

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


_read = read_source.__wrapped__  # thousands of texts need not be kept


def _leads(statement: Statement) -> Statement:
    """What decides which statements are found before this one."""
    return replace(statement, digest="", mentions=(), inner=(), texts=())


def _is_at(node: ast.AST, line: int, column: int) -> bool:
    kinds = (*NAMED, ast.Lambda, ast.Assign, ast.AnnAssign)
    return isinstance(node, kinds) and (node.lineno, node.col_offset) == (line, column)


def _edit(node: ast.AST) -> None:
    """One that changes what is said, and nothing else."""
    extra = ast.Constant("edited")
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            node.body.append(ast.Assign([ast.Name("edited", ast.Store())], extra))
        case ast.Lambda():
            node.body = ast.Tuple([node.body, extra], ast.Load())
        case ast.Assign() | ast.AnnAssign():
            node.value = ast.Tuple([node.value, extra] if node.value else [extra], ast.Load())


@cache
def tree_of(file: str) -> ast.Module:
    return ast.parse((SOURCES / file).read_bytes())


def edits_of(functions: list[tuple[str, str, int]]) -> set[Edit]:
    """Of the functions that ran, of the constants that they mention, and of the attributes of their classes."""
    return {edit for path, name, line in functions for edit in _edits(str(Path(path).relative_to(SOURCES)), name, line)}


@cache
def _edits(file: str, name: str, line: int) -> tuple[Edit, ...]:
    node = None if name.partition(".")[0] == "<module>" else _function(file, name, line)
    if node is None:
        return ()
    of_class = _attributes(file, name.partition(".")[0]) if "." in name else ()
    return (Edit(file, name, node.lineno, node.col_offset), *_constants(file, node), *of_class)


def _function(file: str, name: str, line: int) -> ast.FunctionDef | ast.ClassDef | ast.Lambda | None:
    """The node whose code ran: comprehensions belong to the function around them."""
    inside = [part for part in name.split(".") if part not in ("<locals>", "<listcomp>", "<genexpr>", "<dictcomp>")]
    inside = [part for part in inside if part != "<setcomp>"]
    if inside and inside[-1] == "<lambda>":
        found = [e for e in ast.walk(tree_of(file)) if isinstance(e, ast.Lambda) and e.lineno == line]
        return found[0] if len(found) == 1 else None
    body: list[ast.stmt] = tree_of(file).body
    node = None
    for part in inside:
        named = [each for each in _statements(body) if isinstance(each, NAMED) and each.name == part]
        if not named:
            return None
        node = min(named, key=lambda each: abs(each.lineno - line))
        body = node.body
    return node


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of a body, and of the blocks in it."""
    for each in body:
        yield each
        if not isinstance(each, NAMED):
            yield from (inner for inner in ast.walk(each) if isinstance(inner, ast.stmt) and inner is not each)


def _constants(file: str, node: ast.AST) -> Iterator[Edit]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield from _defined(file, part.id)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            module = _imports(file).get(part.value.id)
            if module is not None and module[1] is None:
                yield from _defined(module[0], part.attr)


@cache
def _defined(file: str, name: str, deep: int = 0) -> tuple[Edit, ...]:
    """The assignments of a name of a module, followed through imports."""
    found = [Edit(file, name, each.lineno, each.col_offset) for each in _assigned(file).get(name, ())]
    source = _imports(file).get(name)
    if source is not None and source[1] is not None and deep < 5:
        found += _defined(source[0], source[1], deep + 1)
    return tuple(found)


@cache
def _assigned(file: str) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for each in tree_of(file).body:
        if isinstance(each, ast.Assign | ast.AnnAssign):
            for target in each.targets if isinstance(each, ast.Assign) else [each.target]:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        found.setdefault(name.id, []).append(each)
    return found


@cache
def _imports(file: str) -> dict[str, tuple[str, str | None]]:
    """Of each name that a module imports from the project: (file, name in it; None: the module itself)."""
    found: dict[str, tuple[str, str | None]] = {}
    for each in ast.walk(tree_of(file)):
        if isinstance(each, ast.ImportFrom) and each.level == 0 and each.module:
            for alias in each.names:
                if (inner := _file(f"{each.module}.{alias.name}")) is not None:
                    found[alias.asname or alias.name] = inner, None
                elif (outer := _file(each.module)) is not None:
                    found[alias.asname or alias.name] = outer, alias.name
    return found


@cache
def _file(module: str) -> str | None:
    base = module.replace(".", "/")
    found = [name for name in (f"{base}/__init__.py", f"{base}.py") if (SOURCES / name).is_file()]
    return found[0] if found else None


def _attributes(file: str, name: str, deep: int = 0) -> Iterator[Edit]:
    """Of a class and of what it is made of."""
    for each in tree_of(file).body:
        if isinstance(each, ast.ClassDef) and each.name == name:
            for inner in each.body:
                if isinstance(inner, ast.Assign | ast.AnnAssign) and inner.value is not None:
                    yield Edit(
                        file, f"{name}.{ast.unparse(inner).partition('=')[0].strip()}", inner.lineno, inner.col_offset
                    )
            for base in each.bases:
                head = base.value if isinstance(base, ast.Subscript) else base
                if isinstance(head, ast.Name):
                    yield from _attributes(file, head.id, deep)
    source = _imports(file).get(name)
    if source is not None and source[1] is not None and deep < 5:
        yield from _attributes(source[0], source[1], deep + 1)
