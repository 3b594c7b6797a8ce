"""What a search may choose: parameters with their values, some of them only where others have a certain one.

The grammar is that of Hydra's sweeps: `a,b`, choice(...), range(...), interval(...), tag(log, interval(...)).
"""

import hashlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from components.errors import ConfigError, Problem
from runner.composition.compose import config_loader
from runner.composition.overrides import parsed

LOG = "log"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """texts: the values as they are typed, in order."""

    texts: tuple[str, ...]

    def at(self, unit: float) -> str:
        """The value at a place of [0, 1): every one has the same share."""
        return self.texts[min(int(unit * len(self.texts)), len(self.texts) - 1)]


@dataclass(frozen=True, kw_only=True)
class Number:
    """low and high are both possible; step: None where any number between is; log: equally likely in logarithms."""

    low: float
    high: float
    step: float | None
    log: bool
    integer: bool

    @property
    def whole_step(self) -> int:
        """Of integers; on a logarithmic scale there is none but 1."""
        return 1 if self.log else int(self.step or 1)

    def at(self, unit: float) -> str:
        """The number at a place of [0, 1)."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        if self.step is not None and not self.log:
            count = round((self.high - self.low) / self.step) + 1
            return self.text(self.low + self.step * min(int(unit * count), count - 1))
        value = low + unit * (high - low)
        return self.text(math.exp(value) if self.log else value)

    def has(self, value: float) -> bool:
        """Whether it is one of the possible numbers."""
        if not self.low <= value <= self.high:
            return False
        if self.integer and value != round(value):
            return False
        if self.step is None or self.log:
            return True
        places = (value - self.low) / self.step
        return math.isclose(places, round(places), abs_tol=1e-9)

    def text(self, value: float) -> str:
        value = min(max(value, self.low), self.high)
        return str(round(value)) if self.integer else repr(float(value))


Parameter = Choice | Number
Values = Mapping[str, str]
"""Parameter -> the value chosen, as it is typed."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Parameters that exist only where another one was given this value."""

    parameter: str
    text: str
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True, kw_only=True)
class Space:
    """fixed: overrides that every trial has; parameters: by their key as it is typed, `++` included."""

    fixed: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    branches: tuple[Branch, ...] = ()

    def overrides(self, values: Values) -> tuple[str, ...]:
        """The command line of one trial."""
        return (*self.fixed, *(f"{key}={text}" for key, text in values.items()))

    @property
    def keys(self) -> tuple[str, ...]:
        """Of all parameters, those of branches included."""
        return tuple(dict.fromkeys([*self.parameters, *(key for b in self.branches for key in b.parameters)]))

    def open_to(self, values: Values) -> Iterator[tuple[str, Parameter]]:
        """The parameters of the branches that these values lead to."""
        for branch in self.branches:
            if values.get(branch.parameter) == branch.text:
                yield from branch.parameters.items()

    def filled(self, pick: Callable[[str, Parameter], str]) -> dict[str, str]:
        """A point, each value picked in turn: those of a branch once the values before lead to it."""
        values = {key: pick(key, parameter) for key, parameter in self.parameters.items()}
        while inner := self._further(values):
            values |= {key: pick(key, parameter) for key, parameter in inner.items()}
        return values

    def points(self) -> Iterator[dict[str, str]]:
        """Every point of a grid, the last parameter changing fastest. Raises ConfigError where there is no grid."""
        return self._from({}, self.parameters, _product)

    def corners(self) -> Iterator[dict[str, str]]:
        """The first value of everything, and both ends of every parameter and each of its choices, one at a time."""
        seen = []
        for point in self._from({}, self.parameters, _corners):
            if point not in seen:
                seen.append(point)
                yield point

    def _from(
        self,
        values: Values,
        parameters: Mapping[str, Parameter],
        ways: Callable[[Mapping[str, Parameter]], Iterator[dict[str, str]]],
    ) -> Iterator[dict[str, str]]:
        for way in ways(parameters):
            point = {**values, **way}
            inner = self._further(point)
            yield from self._from(point, inner, ways) if inner else (point,)

    def _further(self, values: Values) -> dict[str, Parameter]:
        return {key: parameter for key, parameter in self.open_to(values) if key not in values}


def _corners(parameters: Mapping[str, Parameter]) -> Iterator[dict[str, str]]:
    first = {key: parameter.at(0.0) for key, parameter in parameters.items()}
    yield first
    for key, parameter in parameters.items():
        yield from _ends(first, key, parameter)


def _ends(values: Mapping[str, str], key: str, parameter: Parameter) -> Iterator[dict[str, str]]:
    texts = parameter.texts if isinstance(parameter, Choice) else (parameter.at(0.0), parameter.text(parameter.high))
    yield from ({**values, key: text} for text in texts)


def _product(parameters: Mapping[str, Parameter]) -> Iterator[dict[str, str]]:
    values = [_grid(key, parameter) for key, parameter in parameters.items()]
    for texts in itertools.product(*values):
        yield dict(zip(parameters, texts, strict=True))


def _grid(key: str, parameter: Parameter) -> Sequence[str]:
    if isinstance(parameter, Choice):
        return parameter.texts
    if parameter.step is None:
        raise ConfigError(
            Problem(
                key, "interval(...) is no grid", "give values, choice(0.01,0.1) or range(1,10,3), or sweep.search=tpe"
            )
        )
    count = round((parameter.high - parameter.low) / parameter.step) + 1
    return [parameter.text(parameter.low + parameter.step * i) for i in range(count)]


def space_of(overrides: Sequence[str], branches: Mapping[str, Mapping[str, str]]) -> Space:
    """The space that a command line spans; branches: `KEY=VALUE` -> parameter -> its values."""
    fixed, parameters = [], {}
    for override in parsed(overrides, config_loader()):
        if override.is_sweep_override():
            parameters[str(override.get_key_element())] = _parameter(override)
        else:
            fixed.append(str(override.input_line))
    made: list[Branch] = []
    for condition, inner in branches.items():
        made.append(_branch(condition, inner, parameters, made))
    return Space(fixed=tuple(fixed), parameters=parameters, branches=tuple(made))


def _branch(
    condition: str, inner: Mapping[str, str], parameters: Mapping[str, Parameter], before: Sequence[Branch]
) -> Branch:
    """A branch, of the parameters or of those of a branch before it."""
    key, _, text = condition.partition("=")
    known = [each for each in (parameters.get(key), *(b.parameters.get(key) for b in before)) if each is not None]
    texts = [text for each in known if isinstance(each, Choice) for text in each.texts]
    if text not in texts:
        near = f"one of {', '.join(texts)}" if texts else "a parameter with choices"
        raise ConfigError(Problem(f"when.{condition}", "never happens", f"name {near}, as KEY=VALUE"))
    if twice := next((name for name in inner if name in parameters), None):
        raise ConfigError(Problem(f"when.{condition}", f"'{twice}' is varied without it too", "drop one of them"))
    space = space_of([f"{name}={values}" for name, values in inner.items()], {})
    single = {f"{name}": Choice(texts=(text,)) for name, _, text in (one.partition("=") for one in space.fixed)}
    return Branch(parameter=key, text=text, parameters={**single, **space.parameters})


def _parameter(override: Override) -> Parameter:
    value = override.value()
    _refuse_no_step(override, value)
    tags = value.tags if isinstance(value, IntervalSweep | RangeSweep) else set()
    if unknown := sorted(map(str, tags - {LOG})):
        raise ConfigError(Problem(override.key_or_group, f"tag '{unknown[0]}' is unknown", "allowed: tag(log, ...)"))
    if isinstance(value, IntervalSweep):
        assert value.start is not None
        assert value.end is not None
        whole = isinstance(value.start, int) and isinstance(value.end, int)
        return _number(override, value.start, value.end, 1 if whole else None, log=LOG in tags, integer=whole)
    if isinstance(value, RangeSweep) and not value.shuffle:
        texts = tuple(override.sweep_string_iterator())
        if LOG in tags and value.step != 1:
            hint = "write tag(log, interval(...))"
            raise ConfigError(
                Problem(override.key_or_group, f"'{override.input_line}' has steps and a logarithm", hint)
            )
        if len(texts) > 1:
            first, last, step = float(texts[0]), float(texts[-1]), abs(float(value.step))
            low, high = sorted((first, last))
            whole = all(isinstance(each, int) for each in (value.start, value.stop, value.step))
            return _number(override, low, high, step, log=LOG in tags, integer=whole)
    texts = _different(str(override.key_or_group), override.sweep_string_iterator())
    if not texts:
        raise ConfigError(Problem(override.key_or_group, f"'{override.input_line}' is empty", "give a value or more"))
    if getattr(value, "shuffle", False):  # not by chance, which would be another one when a sweep is resumed
        texts = tuple(sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest()))
    return Choice(texts=texts)


def _refuse_no_step(override: Override, value: Any) -> None:
    if isinstance(value, RangeSweep) and (value.step == 0 or not math.isfinite(value.step)):
        says = f"'{override.input_line}' has no step that leads from one number to the next"
        raise ConfigError(Problem(str(override.key_or_group), says, "give one above 0, such as range(1,10,3)"))


def _different(key: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Each value once: 1 and 1.0 are one number, and would be one trial."""
    found: dict[object, str] = {}
    for text in texts:
        value = parsed([f"{key}={text}"])[0].value()
        number = isinstance(value, int | float) and not isinstance(value, bool)
        found.setdefault(value if number else (text,), text)
    return tuple(found.values())


def _number(override: Override, low: float, high: float, step: float | None, *, log: bool, integer: bool) -> Number:
    if not low < high or not all(map(math.isfinite, (low, high))):
        raise ConfigError(
            Problem(override.key_or_group, f"'{override.input_line}' is empty", "give a range with low < high")
        )
    if log and low <= 0:
        raise ConfigError(Problem(override.key_or_group, f"'{override.input_line}' has no logarithm", "begin above 0"))
    return Number(low=low, high=high, step=step, log=log, integer=integer)
