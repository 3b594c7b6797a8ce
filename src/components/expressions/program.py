"""From a plan to a program for one bar at a time: values with numbers, and parts that compute them in turns."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from components.expressions.calendar import CALENDAR
from components.expressions.kernels import streaming
from components.expressions.plan import CrossStep, FrameStep, Operand, Step, plan
from components.expressions.tree import Node
from components.panel import Int

EXACT_POWERS = {2.0: "square", 0.5: "sqrt"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Native:
    """Rows of the compiled program, see `kernels.streaming.run`."""

    program_PI: Int


@dataclass(frozen=True, kw_only=True, eq=False)
class Outside:
    """Steps that differ in their series only, computed by the batch's own function.

    series_JK: the values of the K series of each of J steps; numbers: the arguments that are numbers, None where a
    series stands; bars: how many the series need; outputs: where the results go.
    """

    step: Step
    series_JK: Int
    numbers: tuple[float | None, ...]
    bars: int
    outputs: Int


@dataclass(frozen=True, kw_only=True, eq=False)
class Crossing:
    """A cross-section: the value compared, one that groups if there is one, and where the result goes."""

    step: CrossStep
    operands: Int
    output: int


Part = Native | Outside | Crossing


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """depth_V: bars kept of each value; the first values are the inputs: fields, calendar fields, then timeframes.

    constants: value -> the number that it always is; params_Q: of the operations; roots_C: value of each expression.
    """

    fields: tuple[str, ...]
    calendar: tuple[str, ...]
    frames: tuple[FrameStep, ...]
    parts: tuple[Part, ...]
    params_Q: Any
    depth_V: Int
    constants: Mapping[int, float]
    roots_C: Int


def compiled(nodes: Sequence[Node], fields: Sequence[str]) -> Program:
    """The program of the expressions over these fields."""
    passes = plan(nodes)
    read = frozenset[str]().union(*(current.reads() for current in passes))
    calendar = tuple(sorted(read & CALENDAR.keys()))
    own = tuple(name for name in fields if name not in CALENDAR)
    # By timeframe: those of one are computed together.
    frames = sorted((step for current in passes for step in current.frames), key=lambda step: step.timeframe)
    builder = _Builder()
    for name in (*own, *calendar, *(step.column for step in frames)):
        builder.names[name] = builder.value()
    for current in passes:
        builder.cross(current.cross)
        builder.steps(current.steps)
    return Program(
        fields=own,
        calendar=calendar,
        frames=tuple(frames),
        parts=tuple(builder.parts),
        params_Q=np.array(builder.params),
        depth_V=np.array(builder.depths, dtype=np.int64),
        constants=builder.constants,
        roots_C=np.array([builder.roots[row] for row in range(len(nodes))], dtype=np.int64),
    )


@dataclass(kw_only=True, eq=False)
class _Builder:
    """Numbers the values of a plan and sorts its steps into parts.

    names: the value that a name or a slot holds now; stages: for each value the turn that computes it, and
    whether outside.
    """

    names: dict[Any, int] = field(default_factory=dict)
    depths: list[int] = field(default_factory=list)
    stages: list[tuple[int, bool]] = field(default_factory=list)
    constants: dict[int, float] = field(default_factory=dict)
    params: list[float] = field(default_factory=lambda: [0.0])
    parts: list[Part] = field(default_factory=list)
    roots: dict[int, int] = field(default_factory=dict)

    def value(self, stage: tuple[int, bool] = (0, False)) -> int:
        self.depths.append(1)
        self.stages.append(stage)
        return len(self.depths) - 1

    def read(self, operand: Operand, bars: int = 1) -> int:
        """The value of an operand, of which at least so many bars are kept."""
        if isinstance(operand, float):
            number = self.value()
            self.constants[number] = operand
            return number
        number = self.names[operand]
        self.depths[number] = max(self.depths[number], bars)
        return number

    def cross(self, steps: Sequence[CrossStep]) -> None:
        for step in steps:
            operands = np.array([self.read(name) for name in step.operands])
            self.names[step.column] = self.value()
            self.parts.append(Crossing(step=step, operands=operands, output=self.names[step.column]))
        self.stages = [(0, False)] * len(self.stages)  # all of them are there by now

    def steps(self, steps: Sequence[Step]) -> None:
        """Native steps and outside ones by turns, each as early as what it reads allows."""
        native: defaultdict[int, list[list[int]]] = defaultdict(list)
        outside: defaultdict[int, dict[Any, list[tuple[Step, list[int], list[int]]]]] = defaultdict(dict)
        for step in steps:
            opcode, bars = _opcode(step), _bars(step)
            operands = [self.read(operand, bars) for operand in step.operands]
            stage = max(turn + was_outside for turn, was_outside in (self.stages[value] for value in operands))
            outputs = self.outputs(step, (stage, opcode is None))
            if opcode is not None:
                native[stage].append(self.row(step, opcode, operands, outputs, bars))
                continue
            together = step.operator.apply is not None and (step.operator.name, _numbers(step), step.constants)
            outside[stage].setdefault(together or outputs[0], []).append((step, operands, outputs))
        for stage in range(max([*native, *outside], default=-1) + 1):
            if rows := native[stage]:
                self.parts.append(Native(program_PI=np.array(rows, dtype=np.int64)))
            self.parts += [_outside(members) for members in outside[stage].values()]

    def outputs(self, step: Step, stage: tuple[int, bool]) -> list[int]:
        """New values for the results of a step."""
        values = [self.value(stage) for _ in step.outputs]
        for output, value in zip(step.outputs, values, strict=True):
            self.names[output.slot] = value
            self.roots.update(dict.fromkeys(output.rows, value))
            if output.column:
                self.names[output.column] = value
        return values

    def row(self, step: Step, opcode: int, operands: list[int], outputs: list[int], bars: int) -> list[int]:
        """One row of the program."""
        limits = [self.read(limit) for limit in step.constants[0]] if step.operator.name == "clip" else []
        x, y, z = [*operands, *limits, 0, 0][:3]
        param = 0
        if step.operator.kind == "window":
            param = len(self.params)
            self.params += [own[-1] for own in step.constants]
        width = bars - 1 if step.operator.kind == "shift" else bars if step.operator.kind == "window" else 0
        return [opcode, outputs[0], x, y, z, width, param, len(outputs)]


def _opcode(step: Step) -> int | None:
    """The operation's number; None where it has none."""
    operator = step.operator
    name: str | None = operator.kernel if operator.kind == "window" else operator.name
    if operator.name in ("**", "power"):
        exponent = step.operands[1]
        name = EXACT_POWERS.get(exponent) if isinstance(exponent, float) else None
    return None if name is None else streaming.OPCODES.get(name)


def _bars(step: Step) -> int:
    """Bars of its series that a step reads."""
    if step.operator.kind == "shift":
        return int(step.constants[0][0]) + 1
    return step.operator.bars(*step.constants[0]) if step.operator.kind == "window" else 1


def _numbers(step: Step) -> tuple[float | None, ...]:
    return tuple(operand if isinstance(operand, float) else None for operand in step.operands)


def _outside(members: Sequence[tuple[Step, list[int], list[int]]]) -> Outside:
    step, numbers = members[0][0], _numbers(members[0][0])
    series = [[v for v, n in zip(operands, numbers, strict=True) if n is None] for _, operands, _ in members]
    return Outside(
        step=step,
        series_JK=np.array(series),
        numbers=numbers,
        bars=_bars(step),
        outputs=np.array([value for *_, outputs in members for value in outputs]),
    )
