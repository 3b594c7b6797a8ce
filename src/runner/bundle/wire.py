"""ONNX files read as what they are, protobuf messages: enough to see what a graph would do, without running it.

Only the standard library and numpy, since a bundle is opened where nothing else is installed. Field numbers are those
of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

DEEPEST = 8
"""Bodies within bodies, at most."""
LISTED = 64
"""Integers of a constant are read up to here: longer ones are data, not shapes."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FLOATS_TAG, INTEGERS_TAG = 7 << 3 | FIXED32, 8 << 3 | VARINT
AHEAD = 4096
"""Bytes that are looked at together: whoever makes many short runs shall not have the rest read for each."""
INT32, INT64 = 6, 7


class NoGraph(ValueError):
    """Bytes that are no ONNX model, and why."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """A named tensor as it is declared. kind: element type, 0 where it is not said; dims: None for a length that is not
    fixed, None altogether where no shape is said."""

    name: str
    kind: int
    dims: tuple[int | None, ...] | None


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """A constant. numbers: of a short one of integers; external: its data lie in another file."""

    name: str
    dims: tuple[int, ...]
    numbers: tuple[int, ...]
    external: bool


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operation. integers: its attributes that are integers or lists of them."""

    operator: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    integers: dict[str, tuple[int, ...]]
    tensors: tuple[Tensor, ...]
    bodies: tuple["Graph", ...]


@dataclass(frozen=True, kw_only=True)
class Graph:
    nodes: tuple[Node, ...]
    constants: tuple[Tensor, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    declared: tuple[Value, ...]
    sparse: bool


@dataclass(frozen=True, kw_only=True)
class Model:
    """domains: of the operator sets that it asks for; extra: functions or training steps of its own."""

    graph: Graph
    domains: tuple[str, ...]
    extra: bool


def read_model(data: bytes) -> Model:
    """Raises NoGraph."""
    graph: Graph | None = None
    domains: list[str] = []
    extra = False
    for number, value in _fields(memoryview(data)):
        if number == 7 and isinstance(value, memoryview):
            if graph is not None:
                raise NoGraph("it holds two graphs")
            graph = _graph(value, 0)
        elif number == 8 and isinstance(value, memoryview):
            domains.append("".join(_text(part) for field, part in _fields(value) if field == 1))
        elif number in (20, 25):
            extra = True
    if graph is None:
        raise NoGraph("it holds no graph")
    return Model(graph=graph, domains=tuple(domains), extra=extra)


def _graph(data: memoryview, depth: int) -> Graph:
    if depth > DEEPEST:
        raise NoGraph(f"its bodies are nested more than {DEEPEST} deep")
    parts: dict[int, list[memoryview]] = {}
    for number, value in _fields(data):
        if isinstance(value, memoryview):
            parts.setdefault(number, []).append(value)
    return Graph(
        nodes=tuple(_node(part, depth) for part in parts.get(1, ())),
        constants=tuple(_tensor(part) for part in parts.get(5, ())),
        inputs=tuple(_value(part) for part in parts.get(11, ())),
        outputs=tuple(_value(part) for part in parts.get(12, ())),
        declared=tuple(_value(part) for part in parts.get(13, ())),
        sparse=15 in parts,
    )


def _node(data: memoryview, depth: int) -> Node:
    texts: dict[int, list[str]] = {}
    integers: dict[str, tuple[int, ...]] = {}
    tensors: list[Tensor] = []
    bodies: list[Graph] = []
    for number, value in _fields(data):
        if number == 5 and isinstance(value, memoryview):
            name, numbers, held, inner = _attribute(value, depth)
            integers[name] = numbers
            tensors += held
            bodies += inner
        elif number in (1, 2, 4, 7):
            texts.setdefault(number, []).append(_text(value))
    return Node(
        operator="".join(texts.get(4, ())),
        domain="".join(texts.get(7, ())),
        inputs=tuple(texts.get(1, ())),
        outputs=tuple(texts.get(2, ())),
        integers=integers,
        tensors=tuple(tensors),
        bodies=tuple(bodies),
    )


def _attribute(data: memoryview, depth: int) -> tuple[str, tuple[int, ...], list[Tensor], list[Graph]]:
    name, numbers = "", list[int]()
    tensors: list[Tensor] = []
    bodies: list[Graph] = []
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number in (3, 8) and len(numbers) < LISTED:
            numbers += [_signed(value)] if isinstance(value, int) else _packed(value)
        elif number in (5, 10) and isinstance(value, memoryview):
            tensors.append(_tensor(value))
        elif number in (6, 11) and isinstance(value, memoryview):
            bodies.append(_graph(value, depth + 1))
        elif number in (22, 23):
            raise NoGraph("it holds sparse constants")
    return name, tuple(numbers), tensors, bodies


def _tensor(data: memoryview) -> Tensor:
    dims: list[int] = []
    numbers: list[int] = []
    name, kind, raw, external = "", 0, b"", False
    for number, value in _fields(data):
        if number == 1:
            dims += [_signed(value)] if isinstance(value, int) else _packed(value)
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number in (5, 7) and len(numbers) < LISTED:
            numbers += [_signed(value)] if isinstance(value, int) else _packed(value)
        elif number == 8:
            name = _text(value)
        elif number == 9 and isinstance(value, memoryview):
            raw = bytes(value[: LISTED * 8])
        elif number == 13 or (number == 14 and value != 0):
            external = True
    if raw and kind in (INT32, INT64):
        width = 4 if kind == INT32 else 8
        numbers = [int(n) for n in np.frombuffer(raw[: len(raw) // width * width], dtype=f"<i{width}")]
    return Tensor(name=name, dims=tuple(dims), numbers=tuple(numbers[:LISTED]), external=external)


def _value(data: memoryview) -> Value:
    name, kind, dims = "", 0, None
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2 and isinstance(value, memoryview):
            for field, part in _fields(value):
                if field == 1 and isinstance(part, memoryview):
                    kind, dims = _tensor_type(part)
                elif field != 6:
                    kind = -1  # a sequence, map, ...
    return Value(name=name, kind=kind, dims=dims)


def _tensor_type(data: memoryview) -> tuple[int, tuple[int | None, ...] | None]:
    kind, dims = 0, None
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, memoryview):
            dims = tuple(_dimension(part) for field, part in _fields(value) if field == 1)
    return kind, dims


def _dimension(value: "int | memoryview") -> int | None:
    if isinstance(value, int):
        raise NoGraph("a length is no message")
    return next((_signed(part) for field, part in _fields(value) if field == 1 and isinstance(part, int)), None)


def _fields(data: memoryview) -> Iterator[tuple[int, "int | memoryview"]]:
    """(number, value) of every field: an integer, or bytes. Runs of single floats, and of integers after the first,
    of which trees have many, are passed over at once."""
    place, end, listed = 0, len(data), 0
    while place < end:
        tag, place = _varint(data, place)
        wire = tag & 7
        listed = listed + 1 if tag == INTEGERS_TAG else 0
        if wire == BYTES:
            length, place = _varint(data, place)
            if length > end - place:
                raise NoGraph("it is cut off")
            yield tag >> 3, data[place : place + length]
            place += length
        elif wire == VARINT:
            value, place = _varint(data, place)
            yield tag >> 3, value
            if listed > LISTED:
                place = _after_integers(data, place)
        elif wire in (FIXED32, FIXED64):
            place += 4 if wire == FIXED32 else 8
            if place > end:
                raise NoGraph("it is cut off")
            if tag == FLOATS_TAG:
                place = _after_floats(data, place)
        else:
            raise NoGraph("it is no protobuf message")


def _after_floats(data: memoryview, place: int) -> int:
    """The place behind further single floats of the same list."""
    tags = np.frombuffer(data, dtype=np.uint8)[place : min(place + AHEAD, len(data) - 4) : 5]
    other = np.flatnonzero(tags != FLOATS_TAG)
    return place + 5 * int(other[0] if len(other) else len(tags))


def _after_integers(data: memoryview, place: int) -> int:
    """The same of integers: tag and value end with a byte below 128 each, so that they take turns."""
    ahead = np.frombuffer(data, dtype=np.uint8)[place : place + AHEAD]
    ends = np.flatnonzero(ahead < 0x80)
    tags, values = ends[0::2], ends[1::2]
    tags = tags[: len(values)]
    begins = np.concatenate(([0], values[:-1] + 1))[: len(tags)]
    other = np.flatnonzero((ahead[tags] != INTEGERS_TAG) | (tags != begins))
    run = int(other[0]) if len(other) else len(tags)
    return place + int(values[run - 1]) + 1 if run else place


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            break
    raise NoGraph("it is cut off, or no protobuf message")


def _packed(data: memoryview) -> list[int]:
    found, place = list[int](), 0
    while place < len(data) and len(found) < LISTED:
        value, place = _varint(data, place)
        found.append(_signed(value))
    return found


def _signed(value: "int | memoryview") -> int:
    if not isinstance(value, int):
        raise NoGraph("an integer is none")
    return value - (1 << 64) if value >= 1 << 63 else value


def _text(value: "int | memoryview") -> str:
    if isinstance(value, int):
        raise NoGraph("a name is a number")
    return bytes(value).decode("utf-8", errors="replace")
