"""What a study asks: study.yaml, checked; and its cells, each a search."""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml

from components.errors import ConfigError, Problem
from components.ranges import Ge, Gt
from runner.composition.accept import accepts
from runner.composition.bounded import refuse_unbounded
from runner.composition.check import nearest
from runner.composition.figures import metrics
from runner.composition.schema import allowed, parameters, show

FILE = "study.yaml"
Overrides = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Study:
    """
    title        one line
    question     what is asked
    expectation  what is expected, written before anything ran; whoever changes it later is told of on the page
    method       how it is found out, in words
    metric       what trials are chosen by on validation spans, and judged by elsewhere: such as ic
    always       overrides of every search
    arms         name -> overrides: what is compared; the first is what the others are compared with
    cases        name -> overrides: where; each is a row of its own, with every arm
    draws        setting -> how many values, 0, 1, 2, ...: each arm is searched once for each, and averaged
    later        overrides under which every trial is run once more, on bars that its search has not seen; null: none
    minutes      after which no further search is begun, unless the command line says otherwise
    """

    title: str
    question: str
    expectation: str
    method: str
    metric: str
    always: Overrides = ()
    arms: Mapping[str, Overrides]
    cases: Mapping[str, Overrides] = field(default_factory=lambda: {"": ()})
    draws: Mapping[str, Annotated[int, Ge(1)]] = field(default_factory=dict)
    later: Overrides | None = None
    minutes: Annotated[float, Gt(0)] = 45.0

    @cached_property
    def n_draws(self) -> int:
        return next(iter(self.draws.values()), 1)

    @cached_property
    def asked(self) -> str:
        """Digest of question and expectation."""
        return _digest([self.question, self.expectation])

    def cells(self) -> list["Cell"]:
        """In the order in which they are searched: all arms and cases of a draw, then the next."""
        return list(self._cells())

    def _cells(self) -> Iterator["Cell"]:
        for draw, case, arm in itertools.product(range(self.n_draws), self.cases, self.arms):
            drawn = tuple(f"{key}={draw}" for key in self.draws)
            chosen_by = (f"sweep.objectives=[valid/{self.metric}]",)
            overrides = (*self.always, *self.cases[case], *self.arms[arm], *drawn, *QUIET, *chosen_by)
            yield Cell(arm=arm, case=case, draw=draw, overrides=_last(overrides), later=self.later)


TEXTS = "must be a list of texts; quote one that holds ': '"
QUIET = ("tracking=none", "export=never", "sweep.judged=0")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One search: an arm in a case, for one draw."""

    arm: str
    case: str
    draw: int
    overrides: Overrides
    later: Overrides | None = None

    @property
    def name(self) -> str:
        return ", ".join(part for part in (self.case, self.arm, f"draw {self.draw}") if part)

    @cached_property
    def key(self) -> str:
        """Digest of what it runs: a result of other overrides is none of it."""
        return _digest([list(self.overrides), None if self.later is None else list(self.later)])


def read_study(folder: Path) -> Study:
    """The study of a folder. Raises ConfigError with everything that is wrong with its file."""
    file = folder / FILE
    if not file.is_file():
        raise ConfigError(Problem(str(folder), f"holds no {FILE}", "name the folder of a study"))
    try:
        refuse_unbounded(file, str(file))
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: cannot be read: {' '.join(str(error).split())}") from None
    known = parameters(Study)
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: must hold a map with {', '.join(known)}")
    if problems := [*_problems(content, known)]:
        raise ConfigError(*problems)
    return Study(**{name: _frozen(value) for name, value in content.items()})


def _problems(content: Mapping[Any, Any], known: Mapping[str, Any]) -> Iterator[Problem]:
    for name in content.keys() - known.keys():
        near = nearest(str(name), tuple(known))
        yield Problem(str(name), "unknown key", f"did you mean '{near}'?" if near else f"allowed: {', '.join(known)}")
    for name, each in known.items():
        if each.required and name not in content:
            yield Problem(name, "is missing", "a study says it before it runs")
        elif name in content and not accepts(each.annotation, content[name]):
            value = content[name]
            mend = TEXTS if isinstance(value, list) else f"must be {allowed(each.annotation, value)}"
            yield Problem(name, f"{show(value)} is not allowed", mend)
    metric = content.get("metric")
    if isinstance(metric, str) and (metric not in metrics() or metrics()[metric].better == 0):
        yield Problem("metric", f"'{metric}' is nothing to choose by", "name a metric such as ic")
    if isinstance(content.get("arms"), dict) and not content["arms"]:
        yield Problem("arms", "there are none", "name one or more")
    if isinstance(content.get("draws"), dict) and len(content["draws"]) > 1:
        yield Problem("draws", "holds several settings", "one: it is drawn for every arm and case")


def setting(override: str) -> str:
    """What an override sets: `model.penalty` of `+model.penalty=1`."""
    return override.partition("=")[0].lstrip("+~")


def _last(overrides: Overrides) -> Overrides:
    """Of several for one setting the last: an arm differs from what stands in every arm."""
    last = {setting(text): i for i, text in enumerate(overrides)}
    return tuple(text for i, text in enumerate(overrides) if last[setting(text)] == i)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _frozen(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
