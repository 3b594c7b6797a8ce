"""How a set of gates differs from the ones that are shipped: what was loosened or left out is named in the verdict."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import yaml

from components.contracts import Gate, Gates, Kind
from runner.composition.build import build
from runner.composition.places import config_folder
from runner.composition.schema import show

STRICT = "strict"
TEMPLATE = "combined"
FOR_KIND: Mapping[Kind, str] = {"level": "regression", "return": "returns", "direction": "classification"}
"""The set that a set of the user's own stands in for, which shares no gate with any."""
LOWER_IS_STRICTER = ("level", "later_level", "maximum", "tolerance", "band", "quantile")
HIGHER_IS_STRICTER = ("minimum", "probability", "hurdle")
NULL_IS_STRICTEST = ("block_bars",)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """strict: whether everything that `strict` requires is required, no gate loosened; loosened: what is not as
    shipped, a clause each."""

    strict: bool = False
    loosened: tuple[str, ...] = ()


def compared(gates: Gates, kind: Kind, *, has_portfolio: bool) -> Compared:
    """The set beside the shipped ones. Without a portfolio its gates are not asked for."""

    def asked(gate: Gate) -> bool:
        return has_portfolio or gate.judges(kind) != "portfolio"

    sets = {name: {n: g for n, g in each.checks.items() if asked(g)} for name, each in shipped().items()}
    groups = list(_groups(gates.checks))
    found: dict[str, None] = {}
    for own in groups:
        name = max(sets, key=lambda each: (len(own.keys() & sets[each].keys()), each == FOR_KIND[kind]))
        found |= dict.fromkeys(_differences(own, sets[name], name))
    required = {name: gate for name, gate in sets[STRICT].items() if gate.required}
    strict = any(not list(_differences(own, required, STRICT)) for own in groups)
    return Compared(strict=strict, loosened=tuple(found))


@functools.cache
def shipped() -> Mapping[str, Gates]:
    """name -> set, of this product; files of ./conf do not count."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = {path.stem: path.read_text(encoding="utf-8") for path in sorted((config_folder() / "gates").glob("*.yaml"))}
    sets: dict[str, Gates] = {
        name: build(Gates, yaml.load(text, Loader=loader))  # type: ignore[type-abstract]  # noqa: S506  # a safe one
        for name, text in files.items()
        if name != TEMPLATE
    }
    return {name: gates for name, gates in sets.items() if gates.checks}


def _groups(checks: Mapping[str, Gate]) -> Iterator[Mapping[str, Gate]]:
    """The sets that were combined, each under the names that its gates have in it."""
    prefixes = {name.partition(".")[0] for name in checks if "." in name}
    if not prefixes or any("." not in name for name in checks):
        yield checks
        return
    for prefix in sorted(prefixes):
        yield {name.partition(".")[2]: gate for name, gate in checks.items() if name.partition(".")[0] == prefix}


def _differences(own: Mapping[str, Gate], other: Mapping[str, Gate], name: str) -> Iterator[str]:
    """What `own` asks for less than `other` does, which is called `name`."""
    for each, gate in other.items():
        weight = "" if gate.required else " (advisory)"
        mine = own.get(each)
        if mine is None:
            yield f"{each}{weight} of {name} is left out"
        elif type(mine) is not type(gate):
            yield f"{each}{weight} is {type(mine).__name__}, where {name} has {type(gate).__name__}"
        else:
            pairs = {field.name: (getattr(mine, field.name), getattr(gate, field.name)) for field in fields(mine)}  # type: ignore[arg-type]  # every component is a dataclass
            for parameter, (here, there) in pairs.items():
                if here != there and _looser(parameter, here, there):
                    yield f"{each}{weight}: {parameter} is {show(here)}, and {show(there)} in {name}"


def _looser(parameter: str, here: Any, there: Any) -> bool:
    """Whether it may ask for less; a change that cannot be ranked may."""
    if parameter == "required":
        return bool(there)
    if there is None or here is None:
        return there is not None or parameter in NULL_IS_STRICTEST
    if parameter in LOWER_IS_STRICTER or parameter.startswith("max_"):
        return bool(here > there)
    if parameter in HIGHER_IS_STRICTER or parameter.startswith("min_"):
        return bool(here < there)
    return True
