"""From expressions to a plan: what is computed in which order, each shared part once.

Normal form. A shift commutes with everything but a cross-section, so shifts are moved outwards until at least
one series argument of every call is not shifted and none is shifted ahead: mean(ref(x, -5), 5) becomes
ref(mean(x, 5), -5). Then equal parts of different expressions are equal trees, no part reads beyond its own
bar, and only a root may: ref(ref(x, 5), -5) is x, on the last bars too.

Levels. What reads no cross-section has level 0; a cross-section has one level more than what it compares. A
pass per level computes its cross-sections date by date, and then everything else by blocks of symbols.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from components.expressions.analysis import constants_of, expanded, shift
from components.expressions.operators import OPERATORS, Operator
from components.expressions.tree import Call, Field, Node, Number

Operand = str | int | float
"""Argument of a step: a column of the panel or of the store by its name, a slot, or a constant."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One operation on a block of symbols: reads its operands, writes a slot, copies that where it is wanted.

    rows: rows of the result; column: name in the store, empty if it is not kept.
    """

    operator: Operator
    operands: tuple[Operand, ...]
    constants: tuple[float, ...]
    slot: int
    rows: tuple[int, ...]
    column: str


@dataclass(frozen=True, kw_only=True)
class CrossStep:
    """One cross-section: reads a column, writes a column of the store."""

    operator: Operator
    source: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Cross-sections first, then steps on blocks of symbols, which need that many slots."""

    cross: tuple[CrossStep, ...]
    steps: tuple[Step, ...]
    slots: int

    def reads(self) -> frozenset[str]:
        """Names of the columns that the pass reads."""
        operands = (operand for step in self.steps for operand in step.operands)
        return frozenset(o for o in (*operands, *(c.source for c in self.cross)) if isinstance(o, str))


def plan(nodes: Iterable[Node]) -> tuple[Pass, ...]:
    """The passes that compute the nodes; row r of the result is the r-th node."""
    normal_form = _NormalForm()
    roots = [_root(*normal_form.of(node)) for node in nodes]
    found: dict[Call, None] = {}
    for root in roots:
        _collect(root, found)
    ordered = tuple(found)
    levels: dict[Node, int] = {}
    for node in ordered:
        below = max(levels.get(arg, 0) for arg in node.args)
        levels[node] = below + _is_cross(node)
    columns = _columns(ordered, levels)
    return tuple(
        _pass([node for node in ordered if levels[node] == level], roots, columns)
        for level in range(max(levels.values(), default=-1) + 1)
    )


def cross_sections_of(node: Node) -> set[Node]:
    """The cross-sections of an expression as it is written."""
    found: dict[Call, None] = {}
    _collect(node, found)
    return {part for part in found if _is_cross(part)}


def _is_cross(node: Node) -> bool:
    return isinstance(node, Call) and OPERATORS[node.operator].kind == "cross"


@dataclass(frozen=True)
class _NormalForm:
    """Normal forms of many expressions; equal parts are one object, which keeps comparing them cheap."""

    known: dict[Node, tuple[Node, int | None]] = field(default_factory=dict)
    parts: dict[Node, Node] = field(default_factory=dict)

    def of(self, node: Node) -> tuple[Node, int | None]:
        """(core, n): the node is ref(core, n), and core reads nothing beyond its own bar; n is None for numbers."""
        if isinstance(node, Number):
            return node, None
        if isinstance(node, Field):
            return node, 0
        if node not in self.known:
            is_macro = OPERATORS[node.operator].kind == "macro"
            self.known[node] = self.of(expanded(node)) if is_macro else self.of_call(node)
        return self.known[node]

    def of_call(self, node: Call) -> tuple[Node, int | None]:
        kind = OPERATORS[node.operator].kind
        parts = [self.of(arg) for arg in _series(node)]
        shifts = [n for _, n in parts if n is not None]
        if kind == "shift":
            return parts[0][0], shifts[0] + int(constants_of(node)[0])
        outward = 0 if kind == "cross" else min(shifts)
        args = tuple(core if n is None else self.one(shift(core, n - outward)) for core, n in parts)
        return self.one(Call(node.operator, args + node.args[len(args) :])), outward

    def one(self, node: Node) -> Node:
        """The object that stands for all nodes equal to this one."""
        return self.parts.setdefault(node, node)


def _root(core: Node, n: int | None) -> Call:
    """What a row of the result holds; always a call, so that a step computes it."""
    node = shift(core, n or 0)
    return node if isinstance(node, Call) and not _is_cross(node) else Call("ref", (node, Number(0.0)))


def _collect(node: Node, found: dict[Call, None]) -> None:
    """Adds all calls of a tree, each once, arguments before what uses them."""
    if isinstance(node, Call) and node not in found:
        for arg in node.args:
            _collect(arg, found)
        found[node] = None


def _columns(ordered: Sequence[Call], levels: Mapping[Node, int]) -> dict[Node, str]:
    """Names of what is kept for all symbols: cross-sections, and what they or later passes read."""
    kept: dict[Node, str] = {}
    for node in ordered:
        for arg in node.args:
            if isinstance(arg, Call) and (_is_cross(node) or levels[arg] < levels[node]):
                kept.setdefault(arg, f"#{len(kept)}")
        if _is_cross(node):
            kept.setdefault(node, f"#{len(kept)}")
    return kept


def _pass(nodes: Sequence[Call], roots: Sequence[Node], columns: Mapping[Node, str]) -> Pass:
    own = [node for node in nodes if not _is_cross(node)]
    slots = _slots(own)
    steps = tuple(
        Step(
            operator=OPERATORS[node.operator],
            operands=tuple(_operand(arg, slots, columns) for arg in _series(node)),
            constants=constants_of(node),
            slot=slots[node],
            rows=tuple(row for row, root in enumerate(roots) if root == node),
            column=columns.get(node, ""),
        )
        for node in own
    )
    cross = tuple(
        CrossStep(
            operator=OPERATORS[node.operator],
            source=_named(node.args[0], columns),
            column=columns[node],
        )
        for node in nodes
        if _is_cross(node)
    )
    return Pass(cross=cross, steps=steps, slots=max(slots.values(), default=-1) + 1)


def _series(node: Call) -> tuple[Node, ...]:
    return node.args[: len(OPERATORS[node.operator].series)]


def _slots(nodes: Sequence[Call]) -> dict[Node, int]:
    """A slot for every node; slots are used again once the last reader of what they hold is done."""
    readers = Counter(arg for node in nodes for arg in node.args)
    slots: dict[Node, int] = {}
    free: list[int] = []
    used = 0
    for node in nodes:
        if not free:
            free.append(used)
            used += 1
        slots[node] = free.pop()
        for arg in node.args:
            readers[arg] -= 1
            if readers[arg] == 0 and arg in slots:
                free.append(slots[arg])
        if readers[node] == 0:
            free.append(slots[node])
    return slots


def _named(node: Node, columns: Mapping[Node, str]) -> str:
    return node.name if isinstance(node, Field) else columns[node]


def _operand(node: Node, slots: Mapping[Node, int], columns: Mapping[Node, str]) -> Operand:
    if isinstance(node, Number):
        return node.value
    return slots[node] if node in slots else _named(node, columns)
