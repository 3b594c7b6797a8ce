"""Text to tree. The text is parsed by `ast` and translated node by node; it is never evaluated as Python."""

import ast
import math
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property, lru_cache
from itertools import count

import numpy as np

from components.expressions.analysis import reach
from components.expressions.calendar import CALENDAR
from components.expressions.elementwise import Elementwise
from components.expressions.macros import SHARED, Macro, macros_of
from components.expressions.operators import FUNCTIONS, OPERATORS, Operator
from components.expressions.tree import Call, ExpressionError, Field, Node, Number

# An expression may come from a stranger: these keep parsing and analysing it cheap. The longest text is that of the
# largest tree.
MAX_CHARACTERS = 100_000
MAX_DEPTH = 100
MAX_NODES = 5_000
MAX_STEPS = 30_000

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_FOREIGN = re.compile(r"[#\\\x00]|[^\x00-\x7f]")


def parse(
    text: str,
    *,
    fields: Collection[str] | None = None,
    where: str = "",
    let: Mapping[str, str] | None = None,
) -> Node:
    """The tree of an expression.

    fields: the fields there are, None if not known; where: what the error message begins with; let: named
    expressions that the text (and they themselves) may use: "name" like a field, "name(x, n)" like an
    operator, with its arguments put in for x and n. Behind them stands the library of shared ones. Raises
    ExpressionError.
    """
    known = None if fields is None else tuple(sorted(fields))
    read = _parsed if isinstance(text, str) else _parsed.__wrapped__  # what is no text may have no hash
    return read(text, known, where, tuple((let or {}).items()))


@lru_cache(maxsize=4096)
def _parsed(text: str, fields: tuple[str, ...] | None, where: str, let: tuple[tuple[str, str], ...]) -> Node:
    """A sweep's trials read the same texts again and again."""
    macros = macros_of(dict(let), "let", where)
    translation = _Translation(text=text, where=where, fields=fields, let=macros)
    node = translation.tree()
    if isinstance(node, Number):
        raise translation.fail(f"{translation.quoted} reads no field")
    return node


@dataclass(frozen=True, kw_only=True)
class _Translation:
    """The translation of one text; definitions are texts of their own.

    bound: what the parameters of the definition stand for; open: the definitions being translated; steps: counts
    the translated parts of all texts, since definitions that use others twice may be many and come to nothing.
    """

    text: str
    where: str
    fields: tuple[str, ...] | None
    let: Mapping[str, Macro]
    bound: Mapping[str, Node] = field(default_factory=dict)
    open: tuple[Macro, ...] = ()
    steps: Iterator[int] = field(default_factory=count)
    sizes: dict[int, tuple[Node, int, int]] = field(default_factory=dict)

    def tree(self, depth: int = 0) -> Node:
        return self.translate(self.syntax(), depth)

    def fail(self, message: str, hint: str = "") -> ExpressionError:
        return ExpressionError(self.where, message, hint)

    @cached_property
    def line(self) -> str:
        """The text in one line."""
        if not isinstance(self.text, str):
            raise self.fail(f"an expression must be a text, got {self.text!r}")
        return re.sub(r"\s", " ", self.text).strip()

    @property
    def quoted(self) -> str:
        return f'"{_shortened(self.line)}"'

    def piece(self, part: ast.expr) -> str:
        """What the user wrote for a part."""
        return _shortened(self.line[part.col_offset : part.end_col_offset], 40)

    def shown(self, part: ast.expr, node: Node) -> str:
        """What the user wrote for a part, and the number that it stands for."""
        if isinstance(node, Number) and not isinstance(part, ast.Constant | ast.UnaryOp):
            return f"{self.piece(part)} = {node.value:g}"
        return self.piece(part)

    def syntax(self) -> ast.expr:
        """Python's own syntax tree of the text."""
        text = self.line
        if not text:
            raise self.fail("the expression is empty")
        if len(text) > MAX_CHARACTERS:
            raise self.fail(
                f"the expression has {len(text)} characters, {MAX_CHARACTERS} are allowed",
                "name its parts with let",
            )
        if foreign := _FOREIGN.search(text):
            raise self.fail(f"unexpected character {foreign.group()!a} at column {foreign.start() + 1}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return ast.parse(text, mode="eval").body
        except SyntaxError as error:
            column = f" (column {error.offset})" if error.offset else ""
            raise self.fail(f"{self.quoted} is not a valid expression: {error.msg}{column}") from None
        except (ValueError, RecursionError, MemoryError):
            raise self.fail(f"{self.quoted} is nested too deeply") from None

    def translate(self, part: ast.expr, depth: int) -> Node:
        if next(self.steps) > MAX_STEPS:
            raise self.too_large()
        if depth > MAX_DEPTH:
            raise self.fail(f"{self.quoted} is nested too deeply", f"{MAX_DEPTH} levels are allowed")
        match part:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self.number(value, part)
            case ast.Name(id=name):
                return self.name(name, part, depth)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                if (macro := self.macro(name, part)) is not None:
                    return self.expansion(macro, args, part, depth)
                return self.call(self.function(name, part), args, part, depth)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.call(OPERATORS["neg"], [operand], part, depth)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.call(OPERATORS["not"], [operand], part, depth)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.translate(operand, depth + 1)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _BINARY:
                return self.call(OPERATORS[_BINARY[type(operator)]], [left, right], part, depth)
            case ast.Compare(left=left, ops=[comparison], comparators=[right]) if type(comparison) in _COMPARISONS:
                return self.call(OPERATORS[_COMPARISONS[type(comparison)]], [left, right], part, depth)
            case ast.BoolOp(op=operator, values=values):
                name = "and" if isinstance(operator, ast.And) else "or"
                return self.chain(OPERATORS[name], values, part, depth)
        raise self.foreign(part)

    def foreign(self, part: ast.expr) -> ExpressionError:
        """What is Python but not of this language."""
        hints: dict[type[ast.expr], str] = {
            ast.IfExp: "write where(condition, x, y)",
            ast.Compare: "write a < b and b < c" if len(getattr(part, "ops", ())) > 1 else "",
            ast.Call: "arguments are given by position, as in mean(close, 20)",
            ast.BinOp: "operators: + - * / **, comparisons, and, or, not",
        }
        return self.fail(
            f"'{self.piece(part)}' at column {part.col_offset + 1} is not part of the language",
            hints.get(type(part), ""),
        )

    def number(self, value: float, part: ast.expr) -> Number:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.fail(f"the constant at column {part.col_offset + 1} is not a finite number")
        return Number(number + 0.0)

    def name(self, name: str, part: ast.expr, depth: int) -> Node:
        if name in self.bound:
            return self.bound[name]
        if name in self.let and self.let[name].parameters is None:
            return self.defined(self.let[name], (), depth + 1)
        column = part.col_offset + 1
        if name in CALENDAR and name in (self.fields or ()):
            raise self.fail(
                f"'{name}' at column {column} is a calendar field and a field of the data", "rename the latter"
            )
        if self.fields is None or name in self.fields or name in CALENDAR:
            return Field(name)
        if name in self.functions:
            raise self.fail(f"operator '{name}' at column {column} needs arguments: {self.functions[name]}")
        known = (*self.fields, *self.bound, *(n for n, macro in self.let.items() if macro.parameters is None))
        raise self.fail(
            f"unknown field '{name}' at column {column}",
            f"{_nearest(name, known)}fields: {', '.join(self.fields)}",
        )

    @cached_property
    def functions(self) -> Mapping[str, str]:
        """Signatures of what is written name(...)."""
        macros = {n: macro.signature for n, macro in {**SHARED, **self.let}.items() if macro.parameters is not None}
        return macros | {name: OPERATORS[name].signature for name in FUNCTIONS}

    def macro(self, name: str, part: ast.expr) -> Macro | None:
        """The definition that is meant by name(...), None if it is an operator or unknown."""
        own = self.let.get(name)
        if name in FUNCTIONS:
            if own is not None and own.parameters is not None:
                raise self.fail(f"the definition '{own.signature}' has the name of an operator", "choose another name")
            return None
        if own is not None and own.parameters is None and name not in SHARED:
            raise self.fail(f"'{name}' at column {part.col_offset + 1} takes no arguments", f"write {name}")
        return own if own is not None and own.parameters is not None else SHARED.get(name)

    def expansion(self, macro: Macro, args: list[ast.expr], part: ast.expr, depth: int) -> Node:
        """What name(argument, ...) stands for."""
        self.check_number(macro.name, macro.signature, len(args), (len(macro.parameters or ()),), part)
        return self.defined(macro, tuple(self.translate(arg, depth + 1) for arg in args), depth + 1)

    def defined(self, macro: Macro, arguments: tuple[Node, ...], depth: int) -> Node:
        """The tree of a definition."""
        if macro in self.open:
            chain = " -> ".join(known.name for known in (*self.open, macro))
            raise self.fail(f"the definition of '{macro.name}' uses itself: {chain}")
        if macro.parameters is None and self.fields is not None and macro.name in self.fields:
            raise self.fail(f"the definition '{macro.name}' has the name of a field", "choose another name")
        title = f"{macro.origin} {macro.name}"
        return replace(
            self,
            text=macro.text,
            where=f"{self.where}: {title}" if self.where else title,
            let=self.let if macro.origin == "let" else {},
            bound=dict(zip(macro.parameters or (), arguments, strict=True)),
            open=(*self.open, macro),
        ).tree(depth)

    def function(self, name: str, part: ast.expr) -> Operator:
        if name not in FUNCTIONS:
            raise self.fail(
                f"unknown operator '{name}' at column {part.col_offset + 1}",
                _nearest(name, self.functions).rstrip() or f"operators: {', '.join(FUNCTIONS)}",
            )
        return OPERATORS[name]

    def chain(self, operator: Operator, values: list[ast.expr], part: ast.expr, depth: int) -> Node:
        """a and b and c as (a and b) and c."""
        node = self.translate(values[0], depth + 1)
        for value in values[1:]:
            node = self.built(operator, (node, self.translate(value, depth + 1)), part)
        return node

    def check_number(self, name: str, signature: str, given: int, allowed: tuple[int, ...], part: ast.expr) -> None:
        """Refuses a call with too many or too few arguments."""
        if given not in allowed:
            takes = " or ".join(map(str, allowed))
            plural = "" if allowed[-1] == 1 else "s"
            message = f"'{name}' at column {part.col_offset + 1} takes {takes} argument{plural}, got {given}"
            raise self.fail(message, f"write {signature}")

    def call(self, operator: Operator, args: list[ast.expr], part: ast.expr, depth: int) -> Node:
        most = len(operator.arguments)
        self.check_number(
            operator.name, operator.signature, len(args), tuple(range(most - operator.optional, most + 1)), part
        )
        given = tuple(self.translate(arg, depth + 1) for arg in args)
        nodes = (*given, *(Number(float(c.default)) for c in operator.constants if c.default is not None))[:most]
        for constant, node, arg in zip(
            operator.constants, given[len(operator.series) :], args[len(operator.series) :], strict=False
        ):
            if not isinstance(node, Number) or not constant.allows(node.value):
                raise self.fail(
                    f"'{constant.name}' of {operator.signature} must be {constant.allowed}, "
                    f"got {self.shown(arg, node)} at column {arg.col_offset + 1}"
                )
        return self.built(operator, nodes, part)

    def built(self, operator: Operator, nodes: tuple[Node, ...], part: ast.expr) -> Node:
        """The call, or its value where all arguments are constants."""
        column = part.col_offset + 1
        if operator.name == "**" and not isinstance(nodes[1], Number):
            raise self.fail(f"the exponent of ** at column {column} must be a constant", "write power(x, y)")
        if operator.apply is None:
            for name, node in zip(operator.series, nodes, strict=False):
                if isinstance(node, Number):
                    raise self.fail(f"'{name}' of {operator.signature} at column {column} must read a field")
        elif all(isinstance(node, Number) for node in nodes):
            return self.folded(operator.apply, nodes, part)
        if operator.kind == "frame":
            self.check_frame(operator, nodes[0], column)
        node = Call(operator.name, nodes)
        depth, count = self.measured(node)
        if depth > MAX_DEPTH or count > MAX_NODES:
            raise self.too_large()
        return node

    def too_large(self) -> ExpressionError:
        return self.fail(f"{self.quoted} is too large", f"{MAX_NODES} parts are allowed")

    def check_frame(self, operator: Operator, node: Node, column: int) -> None:
        """Refuses what cannot be computed on long bars."""
        if reach(node).timeframe:
            raise self.fail(f"'{operator.name}' at column {column} stands around another timeframe", "use one of them")
        if reach(node).lookahead_bars:
            raise self.fail(f"'x' of {operator.signature} at column {column} looks ahead", "put ref around it")

    def folded(self, apply: Elementwise, nodes: tuple[Node, ...], part: ast.expr) -> Number:
        out = np.empty(1)
        with np.errstate(all="ignore"):
            apply(*(node.value for node in nodes if isinstance(node, Number)), out)
        return self.number(float(out[0]), part)

    def measured(self, node: Node) -> tuple[int, int]:
        """(depth, number of parts) of a tree; parts that definitions share count every time."""
        if not isinstance(node, Call):
            return 0, 1
        if id(node) not in self.sizes:
            parts = [self.measured(arg) for arg in node.args]
            size = 1 + max(depth for depth, _ in parts), 1 + sum(count for _, count in parts)
            self.sizes[id(node)] = (node, *size)
        return self.sizes[id(node)][1:]


def _nearest(name: str, known: Collection[str]) -> str:
    matches = get_close_matches(name, list(known), n=1)
    return f"did you mean '{matches[0]}'? " if matches else ""


def _shortened(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
