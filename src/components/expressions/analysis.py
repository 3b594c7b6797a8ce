"""What an expression reads and how it is written, known without computing it."""

from dataclasses import dataclass
from functools import lru_cache

from components.expressions.operators import OPERATORS, Operator
from components.expressions.tree import Call, Field, Node, Number


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The bars of its own symbol that a value at bar t reads: [t + first_offset .. t + lookahead_bars] or
    less.

    lookback_bars: bars before t; lookahead_bars: bars after t; first_offset: the first bar read, positive if
    only later bars are read; cross_sectional: whether other symbols at the same timestamps are read as well;
    timeframe: whether bars are put together to longer ones. A timeframe reads as many bars as it declares for
    every period that is read, for the period before it, and for its own: the own one may have nearly ended.
    """

    lookback_bars: int
    lookahead_bars: int
    first_offset: int
    cross_sectional: bool
    timeframe: bool = False


@dataclass(frozen=True)
class _Interval:
    """Bars [first, last] relative to the own; ahead: what a cross-section inside has seen of the future.

    Five bars ahead of one symbol may lie later than five bars ahead of another, so that stepping back five
    bars does not undo what a cross-section has read.
    """

    first: int
    last: int
    ahead: int = 0
    cross: bool = False
    frame: bool = False


@lru_cache(maxsize=4096)
def reach(node: Node) -> Reach:
    """Exactly the bars that an expression reads."""
    interval = _interval(node, {})
    assert interval is not None, "an expression reads a field"
    return Reach(
        lookback_bars=max(0, -interval.first),
        lookahead_bars=max(0, interval.last, interval.ahead),
        first_offset=interval.first,
        cross_sectional=interval.cross,
        timeframe=interval.frame,
    )


def _interval(node: Node, memo: dict[Node, _Interval | None]) -> _Interval | None:
    """Macros use their arguments more than once: without the memo, nested ones would take exponential time."""
    if isinstance(node, Number):
        return None
    if isinstance(node, Field):
        return _Interval(0, 0)
    if node not in memo:
        is_macro = OPERATORS[node.operator].kind == "macro"
        memo[node] = _interval(expanded(node), memo) if is_macro else _combined(node, memo)
    return memo[node]


def _combined(node: Call, memo: dict[Node, _Interval | None]) -> _Interval:
    operator = OPERATORS[node.operator]
    parts = [part for part in (_interval(arg, memo) for arg in node.args) if part is not None]
    first, last = min(p.first for p in parts), max(p.last for p in parts)
    ahead, cross = max(p.ahead for p in parts), any(p.cross for p in parts)
    frame = any(p.frame for p in parts)
    constants = constants_of(node)
    if operator.kind == "shift":
        return _Interval(first - int(constants[0]), last - int(constants[0]), ahead, cross, frame)
    if operator.kind == "window":
        return _Interval(first - operator.bars(*constants) + 1, last, ahead, cross, frame)
    if operator.kind == "frame":
        return _Interval((first - 2) * int(constants[0]) + 1, 0, 0, cross, True)
    if operator.kind == "cross":
        return _Interval(first, last, max(ahead, last), True, frame)
    return _Interval(first, last, ahead, cross, frame)


def constants_of(node: Call) -> tuple[float, ...]:
    """Values of the constant arguments of a call."""
    tail = node.args[len(OPERATORS[node.operator].series) :]
    return tuple(arg.value for arg in tail if isinstance(arg, Number))


def expanded(node: Call) -> Node:
    """A macro in terms of what it stands for."""
    definition = OPERATORS[node.operator].definition
    assert definition is not None
    return definition(*node.args)


def shift(node: Node, bars: int) -> Node:
    """ref(node, bars), folded into a ref that is there already."""
    if isinstance(node, Call) and node.operator == "ref":
        return shift(node.args[0], bars + int(constants_of(node)[0]))
    return node if bars == 0 or isinstance(node, Number) else Call("ref", (node, Number(float(bars))))


@lru_cache(maxsize=4096)
def to_text(node: Node) -> str:
    """The canonical text: parse(to_text(node)) == node."""
    if isinstance(node, Number):
        return str(int(node.value)) if node.value.is_integer() and abs(node.value) < 1e15 else repr(node.value)
    if isinstance(node, Field):
        return node.name
    operator = OPERATORS[node.operator]
    if not operator.symbol:
        return f"{operator.name}({', '.join(to_text(arg) for arg in node.args)})"
    if len(node.args) == 1:
        return f"{operator.symbol}{_operand(node.args[0], operator.precedence)}"
    left, right = node.args
    return f"{_operand(left, _left_bound(operator))} {operator.symbol} {_operand(right, operator.precedence + 1)}"


def _left_bound(operator: Operator) -> int:
    """Infix operators group to the left, but comparisons and powers do not chain."""
    return operator.precedence + (operator.precedence in (OPERATORS["<"].precedence, OPERATORS["**"].precedence))


def _operand(node: Node, precedence: int) -> str:
    """The text, in parentheses if it binds less tightly than its surroundings."""
    text = to_text(node)
    if isinstance(node, Call) and (symbol := OPERATORS[node.operator]).symbol and symbol.precedence < precedence:
        return f"({text})"
    return text
