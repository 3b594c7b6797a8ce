"""What a search is after, and what must hold besides: figures of validation rows, and of nothing else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from components.contracts import OrderMetric
from components.errors import ConfigError, Problem
from components.statistics.cross_section import MIN_SYMBOLS
from runner.composition.figures import figure, lacking, leading, metrics
from runner.specification.experiment import Experiment
from runner.specification.sweep import Settings

SPAN = "valid"
OBJECTIVES, CONSTRAINTS = "sweep.objectives", "sweep.constraints"
BOUND = re.compile(r"\s*(?P<figure>[^<>=\s]+)\s*(?P<way><=|>=)\s*(?P<bound>[^<>=\s]+)\s*")


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """A figure that must not lie beyond its bound. sign: 1 where it may be the bound or less, -1 the bound or more."""

    figure: str
    bound: float
    sign: int

    def __str__(self) -> str:
        return f"{self.figure}{'<=' if self.sign > 0 else '>='}{self.bound:g}"

    def violation(self, value: float) -> float:
        """How far the value lies beyond the bound; 0 or less where the constraint holds."""
        return self.sign * (value - self.bound)


@dataclass(frozen=True, kw_only=True)
class Aims:
    """objectives: names of figures, most important first; directions: 1 where more is better, -1 where less is."""

    objectives: tuple[str, ...]
    directions: tuple[int, ...]
    constraints: tuple[Constraint, ...] = ()


def aims_of(settings: Settings, first: Experiment, symbols: int = MIN_SYMBOLS) -> Aims:
    """first: the experiment of any point, whose leading figure is the objective where none is named; symbols: of its
    bars. Raises ConfigError for figures that must not or cannot decide."""
    known = metrics()
    fitting = {name for name in known if symbols >= MIN_SYMBOLS or not _orders(name)}
    objectives = settings.objectives or (f"{SPAN}/{leading(fitting, first.target.kind)[0]}",)
    problems = [problem for name in objectives if (problem := _no_objective(name))]
    constraints, wrong = _constraints(settings.constraints or ())
    if problems or wrong:
        raise ConfigError(*problems, *wrong)
    directions = tuple(known[name.partition("/")[2]].better for name in objectives)
    return Aims(objectives=tuple(objectives), directions=directions, constraints=constraints)


def orders(aims: Aims) -> bool:
    """Whether a figure is of the order of a date's symbols."""
    return any(_orders(name) for name in _named(aims))


def among(settings: Settings, first: Experiment, symbols: int) -> Aims:
    """The same for bars of so many symbols. Raises ConfigError where a figure that was asked for needs more."""
    found = aims_of(settings, first, symbols)
    if symbols < MIN_SYMBOLS and orders(found):
        name = next(name for name in _named(found) if _orders(name))
        path = OBJECTIVES if name in found.objectives else CONSTRAINTS
        other = leading({name for name in metrics() if not _orders(name)}, first.target.kind)[0]
        raise ConfigError(
            Problem(
                path,
                f"'{name}' is of the order of a date's symbols, {MIN_SYMBOLS} or more, and the bars have {symbols}",
                f"such as {SPAN}/{other}",
            )
        )
    return found


def _named(aims: Aims) -> list[str]:
    return [*aims.objectives, *(constraint.figure for constraint in aims.constraints)]


def _orders(name: str) -> bool:
    known = figure(name if "/" in name else f"{SPAN}/{name}")
    return known is not None and isinstance(known.metric, OrderMetric)


def constraints_of(settings: Settings) -> tuple[Constraint, ...]:
    """Those of settings that were checked before."""
    return _constraints(settings.constraints or ())[0]


def unreachable(aims: Aims, experiment: Experiment) -> list[Problem]:
    """Figures that no run of the experiment has, so that no trial of it could be judged."""
    named = [(OBJECTIVES, name) for name in aims.objectives]
    named += [(CONSTRAINTS, constraint.figure) for constraint in aims.constraints]
    found = [(path, name, lacking(name, experiment)) for path, name in named]
    return [Problem(path, f"'{name}': {why[0]}", _near(why[1])) for path, name, why in found if why]


def _near(hint: str) -> str:
    """No figure is proposed that would be refused."""
    return hint if f"'{SPAN}/" in hint else f"a search sees validation rows only, such as {SPAN}/r2"


def _no_objective(name: str) -> Problem | None:
    span, _, last = name.partition("/")
    if span != SPAN and (hint := _unseen(name)):
        return Problem(OBJECTIVES, f"'{name}' is not allowed", hint)
    known = metrics().get(last)
    if known is None or known.better == 0:
        return Problem(OBJECTIVES, f"'{name}' is nothing to search for", f"such as {SPAN}/r2")
    return None


def _constraints(texts: Sequence[str]) -> tuple[tuple[Constraint, ...], list[Problem]]:
    found, problems = list[Constraint](), list[Problem]()
    for text in texts:
        match = BOUND.fullmatch(text)
        bound = _number(match["bound"]) if match else None
        if match is None or bound is None:
            hint = f"write a figure, <= or >=, and a number, such as {SPAN}/mae<=0.5"
            problems.append(Problem(CONSTRAINTS, f"'{text}' is no constraint", hint))
        elif not match["figure"].startswith(f"{SPAN}/") and (hint := _unseen(match["figure"])):
            problems.append(Problem(CONSTRAINTS, f"'{text}' is not allowed", hint))
        else:
            sign = 1 if match["way"] == "<=" else -1
            found.append(Constraint(figure=match["figure"], bound=bound, sign=sign))
    return tuple(found), problems


def _unseen(name: str) -> str:
    """Why a search must not see a figure that exists; empty where there is no such figure."""
    known = figure(name)
    if known is None:
        return ""
    if known.span not in ("test", "vault"):
        return f"{known.span}/... is of the bars that the forecasts are judged on: a search sees validation rows only"
    own = f"{SPAN}/{name.partition('/')[2]}"
    return f"'{own}': a search sees validation rows only"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
