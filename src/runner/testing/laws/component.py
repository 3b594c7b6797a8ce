"""Laws of every component: a specification is a value that says everything about itself."""

import ast
import dataclasses
import inspect
import json
import re
import sys
from abc import ABCMeta
from pathlib import Path
from typing import Any, get_args

from components.contracts import Component
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path, kind_of, parameters
from runner.specification.described import described
from runner.testing.choices import Choice, chosen
from runner.testing.law import law, require

TOP = frozenset(sys.stdlib_module_names) | {"numpy", "annotated_types", "components", "runner"}


@law
def frozen(cls: type[Component]) -> None:
    """A frozen, keyword-only dataclass: it is hashed into keys, and no argument depends on its place."""
    require(dataclasses.is_dataclass(cls) and "__dataclass_params__" in vars(cls), "it is no @dataclass of its own")
    require(cls.__dataclass_params__.frozen, "it is not frozen; write @dataclass(frozen=True, kw_only=True)")  # type: ignore[attr-defined]
    kinds = {parameter.kind for parameter in inspect.signature(cls).parameters.values()}
    require(inspect.Parameter.VAR_KEYWORD not in kinds, "it takes **kwargs, which hide every typing mistake")
    require(kinds <= {inspect.Parameter.KEYWORD_ONLY}, "its parameters are not keyword-only; add kw_only=True")


@law
def constructor_does_nothing(cls: type[Component]) -> None:
    """What is built is described, not done: thousands are built by a check that reads no data."""
    work = [base.__name__ for base in cls.__mro__ if "__post_init__" in vars(base)]
    require(not work, f"{', '.join(work)} works in __post_init__; ranges belong into annotations, work into methods")
    require(cls.__init__.__code__.co_filename.startswith("<"), "it has an __init__ of its own")


@law
def typed(cls: type[Component]) -> None:
    """Every parameter says its type, so that a mistake is found before anything runs."""
    for name, parameter in parameters(cls).items():
        require(not _holds_any(parameter.annotation), f"parameter {name} is typed Any, which allows everything")
        taken = hasattr(ABCMeta, name) or name not in _own_parameters(cls)
        require(
            parameter.required or taken, f"parameter {name} has a default; values stand in conf/, where they are seen"
        )


@law
def parameter_names(cls: type[Component]) -> None:
    """No parameter has the name of what every class has: a field `register` takes ABCMeta's method as its default."""
    taken = set(dir(ABCMeta)) | set(dir(Component))
    wrong = sorted(set(parameters(cls)) & taken)
    require(not wrong, f"parameter {', '.join(wrong)} has the name of an attribute that every component has; rename it")
    unknown = sorted(cls.inert - set(parameters(cls)))
    require(not unknown, f"inert names {', '.join(unknown)}, which is no parameter")


@law
def documented(cls: type[Component]) -> None:
    """The docstring says what it computes and what each parameter is; a reader has nothing else."""
    own = vars(cls).get("__doc__") or ""
    generated = own.startswith(f"{cls.__name__}(")
    require(len(own.partition("\n")[0]) > 10 and not generated, "its docstring does not say what it computes")
    texts = "\n".join(inspect.getdoc(base) or "" for base in cls.__mro__ if base.__module__ != "builtins")
    silent = [name for name in parameters(cls) if not re.search(rf"\b{re.escape(name)}\b", texts)]
    require(not silent, f"its docstring does not name the parameter {', '.join(silent)}")


@law
def examples(cls: type[Component]) -> None:
    """Two or more different examples, if it has parameters: one alone shows no difference between parameters."""
    found = cls.examples()
    different = {repr(sorted(map(str, example.items()))) for example in found}
    least = 2 if _own_parameters(cls) else 1
    require(len(different) >= least, f"it gives {len(different)} different example(s), {least} are needed")


@law
def light_import(cls: type[Component]) -> None:
    """Its file imports only the standard library, numpy and contracts at its top: discovery imports every file."""
    own = cls.__module__.partition(".")[0]
    for node in ast.parse(Path(inspect.getfile(cls)).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [node.module or own] if isinstance(node, ast.ImportFrom) and not node.level else []
        heavy = [name for name in names if name.partition(".")[0] not in TOP | {own}]
        require(not heavy, f"its file imports {', '.join(heavy)} at its top; import it in the function that uses it")


@law
def a_value(component: Component) -> None:
    """Equal parameters are equal components: else a key would not name what was computed."""
    again = _built(described(component), type(component))
    require(again == component, "built again from its own description it is not equal to itself")
    require(repr(again) == repr(component), "built again from its own description it looks otherwise")


@law
def plain(component: Component) -> None:
    """Its description is plain JSON, in which a run, a bundle and the ledger write it down."""
    text = json.dumps(described(component), allow_nan=False)
    require(_built(json.loads(text), type(component)) == component, "its description does not survive JSON")


@law
def examples_work(component: Component) -> None:
    """No example is flawed by its own account: the check would refuse it."""
    flaws = component.flaws()
    require(isinstance(flaws, tuple), f"flaws() gives a {type(flaws).__name__}, not a tuple of clauses")
    require(not flaws, f"an example has flaws: {'; '.join(map(str, flaws))}")
    require(set(component.packages()) <= set(component.optional), "packages() names what `optional` does not")


@law
def choice_states_all(choice: Choice) -> None:
    """A file of conf/ states every parameter and nothing else, for whoever reads only that."""
    for section in choice.sections:
        target = section["_target_"]
        require(target in catalogue(), f"{target} is no component")
        stated, expected = (
            (set(section) - {"_target_", "defaults"}) | chosen(section),
            set(parameters(catalogue()[target])),
        )
        require(not stated - expected, f"states {', '.join(sorted(stated - expected))}, no parameter of {target}")
        require(not expected - stated, f"does not state {', '.join(sorted(expected - stated))} of {target}")


@law
def choice_comments(choice: Choice) -> None:
    """Every value has a comment with meaning, unit or range."""
    for section in choice.sections:
        for name, value in section.items():
            if name not in ("_target_", "defaults") and not (isinstance(value, dict) and value):
                require("#" in choice.line_of(name), f"{name} has no comment with meaning, unit or range")


def _own_parameters(cls: type[Component]) -> set[str]:
    """Those that its contract does not bring, as a source's fallback."""
    kind = kind_of(cls)
    return set(parameters(cls)) - (set(parameters(kind)) if dataclasses.is_dataclass(kind) else set())


def _built(description: Any, cls: type[Component]) -> Component:
    return build(kind_of(cls), description, path=class_path(cls))


def _holds_any(annotation: Any) -> bool:
    return annotation is Any or any(_holds_any(argument) for argument in get_args(annotation))
