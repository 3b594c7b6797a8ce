"""From expressions to a plan: what is computed in which order, each shared part once.

Normal form. A shift commutes with everything but a cross-section, so shifts are moved outwards until at least
one series argument of every call is not shifted and none is shifted ahead: mean(ref(x, -5), 5) becomes
ref(mean(x, 5), -5). Then equal parts of different expressions are equal trees, no part reads beyond its own
bar, and only a root may: ref(ref(x, 5), -5) is x, on the last bars too.

Levels. What reads no cross-section has level 0; a cross-section has one level more than what it compares. A
pass per level computes its cross-sections date by date, and then everything else by blocks of symbols.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from components.expressions.analysis import constants_of, expanded, shift
from components.expressions.operators import OPERATORS, Operator
from components.expressions.tree import Call, Field, Node, Number

Operand = str | int | float
"""Argument of a step: a column of the panel or of the store by its name, a slot, or a constant."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a result goes: a slot; rows of the result; a column of the store, empty if it is not kept."""

    slot: int
    rows: tuple[int, ...]
    column: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One operation on a block of symbols: reads its operands, writes its outputs.

    constants: for each output.
    """

    operator: Operator
    operands: tuple[Operand, ...]
    constants: tuple[tuple[float, ...], ...]
    outputs: tuple[Output, ...]


@dataclass(frozen=True, kw_only=True)
class CrossStep:
    """One cross-section: reads one column or, with groups, two, and writes a column of the store."""

    operator: Operator
    operands: tuple[str, ...]
    column: str


@dataclass(frozen=True, kw_only=True)
class FrameStep:
    """An expression that is evaluated on long bars; writes a column of the store. bars: the most of one period."""

    timeframe: str
    node: Node
    bars: int
    column: str


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Timeframes and cross-sections first, then steps on blocks of symbols, which need that many slots.

    back, ahead: rows before and after some rows of a symbol that the steps need to compute these.
    """

    frames: tuple[FrameStep, ...]
    cross: tuple[CrossStep, ...]
    steps: tuple[Step, ...]
    slots: int
    back: int
    ahead: int

    def reads(self) -> frozenset[str]:
        """Names of the columns that the pass reads."""
        named = [operand for step in self.steps for operand in step.operands if isinstance(operand, str)]
        return frozenset(named).union(*(step.operands for step in self.cross))


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
        levels[node] = below + _is(node, "cross")
    columns = _columns(ordered, levels)
    return tuple(
        _pass([node for node in ordered if levels[node] == level], roots, columns)
        for level in range(max(levels.values(), default=-1) + 1)
    )


def columns_of(node: Node) -> set[Node]:
    """The parts of an expression, as it is written, that are kept for all symbols."""
    found: dict[Call, None] = {}
    _collect(node, found)
    return {part for part in found if _is(part, "cross", "frame")}


def _is(node: Node, *kinds: str) -> bool:
    return isinstance(node, Call) and OPERATORS[node.operator].kind in kinds


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
        if kind == "frame":
            return self.one(node), 0
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
    return node if isinstance(node, Call) and not _is(node, "cross", "frame") else Call("ref", (node, Number(0.0)))


def _collect(node: Node, found: dict[Call, None]) -> None:
    """Adds all calls of a tree, each once, arguments before what uses them; timeframes have a plan of their own."""
    if isinstance(node, Call) and node not in found:
        for arg in () if _is(node, "frame") else node.args:
            _collect(arg, found)
        found[node] = None


def _columns(ordered: Sequence[Call], levels: Mapping[Node, int]) -> dict[Node, str]:
    """Names of what is kept for all symbols: cross-sections, and what they or later passes read."""
    kept: dict[Node, str] = {}
    for node in ordered:
        for arg in () if _is(node, "frame") else node.args:
            if isinstance(arg, Call) and (_is(node, "cross") or levels[arg] < levels[node]):
                kept.setdefault(arg, f"#{len(kept)}")
        if _is(node, "cross", "frame"):
            kept.setdefault(node, f"#{len(kept)}")
    return kept


def _pass(nodes: Sequence[Call], roots: Sequence[Node], columns: Mapping[Node, str]) -> Pass:
    own = _together([node for node in nodes if not _is(node, "cross", "frame")])
    slots = _slots(own)
    rows = defaultdict(list)
    for row, root in enumerate(roots):
        rows[root].append(row)
    steps = tuple(
        Step(
            operator=OPERATORS[group[0].operator],
            operands=tuple(_operand(arg, slots, columns) for arg in _series(group[0])),
            constants=tuple(map(constants_of, group)),
            outputs=tuple(Output(slot=slots[n], rows=tuple(rows[n]), column=columns.get(n, "")) for n in group),
        )
        for group in own
    )
    cross = tuple(
        CrossStep(
            operator=OPERATORS[node.operator],
            operands=tuple(_named(arg, columns) for arg in node.args),
            column=columns[node],
        )
        for node in nodes
        if _is(node, "cross")
    )
    frames = tuple(
        FrameStep(timeframe=node.operator, node=node.args[0], bars=int(constants_of(node)[0]), column=columns[node])
        for node in nodes
        if _is(node, "frame")
    )
    back, ahead = _margins([node for group in own for node in group])
    slots_used = max(slots.values(), default=-1) + 1
    return Pass(frames=frames, cross=cross, steps=steps, slots=slots_used, back=back, ahead=ahead)


def _together(nodes: Sequence[Call]) -> list[list[Call]]:
    """Nodes in order; those that one kernel computes together are joined to the first of them."""
    groups: dict[object, list[Call]] = {}
    for node in nodes:
        key = (node.operator, node.args[:-1]) if OPERATORS[node.operator].several else node
        groups.setdefault(key, []).append(node)
    return list(groups.values())


def _margins(nodes: Sequence[Call]) -> tuple[int, int]:
    """Rows before and after those wanted of any node that the nodes below it have to be computed at."""
    back: dict[Node, int] = {}
    ahead = 0
    for node in nodes:
        operator, constants = OPERATORS[node.operator], constants_of(node)
        own = 0
        if operator.kind == "shift":
            own = int(constants[0])
        elif operator.kind == "window":
            own = operator.bars(*constants) - 1
        ahead = max(ahead, -own)
        back[node] = max(own, 0) + max(back.get(arg, 0) for arg in node.args)
    return max(back.values(), default=0), ahead


def _series(node: Call) -> tuple[Node, ...]:
    return node.args[: len(OPERATORS[node.operator].series)]


def _slots(groups: Sequence[Sequence[Call]]) -> dict[Node, int]:
    """A slot for every node; slots are used again once the last reader of what they hold is done."""
    readers = Counter(arg for group in groups for node in group for arg in node.args)
    slots: dict[Node, int] = {}
    free: list[int] = []
    used = 0
    for group in groups:
        for node in group:
            if not free:
                free.append(used)
                used += 1
            slots[node] = free.pop()
        for arg in (arg for node in group for arg in node.args):
            readers[arg] -= 1
            if readers[arg] == 0 and arg in slots:
                free.append(slots[arg])
        free.extend(slots[node] for node in group if readers[node] == 0)
    return slots


def _named(node: Node, columns: Mapping[Node, str]) -> str:
    return node.name if isinstance(node, Field) else columns[node]


def _operand(node: Node, slots: Mapping[Node, int], columns: Mapping[Node, str]) -> Operand:
    if isinstance(node, Number):
        return node.value
    return slots[node] if node in slots else _named(node, columns)
