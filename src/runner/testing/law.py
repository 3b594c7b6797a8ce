"""What a law is: a plain function of a component, a component class or a choice, which raises where it is broken.

A function of `laws/<slot>.py` under `@law` is one; its first parameter's annotation says what it holds of. `Model`: of
every example of every model; `type[Model]`: of every class; `Choice`: of every file of conf/.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from inspect import getdoc, signature
from typing import Any, get_args, get_origin, get_type_hints

from components.contracts import Component
from components.optional import installation, missing


class LawBroken(Exception):
    """law: `slot.name`; what: one clear line; where: the component or the file."""

    def __init__(self, law: str, what: str, where: str) -> None:
        super().__init__(f"{law}: {what}; {where}")
        self.law, self.what, self.where = law, what, where


class Untestable(Exception):
    """Why a law cannot be tried here: a library or the data are missing."""


class _Broken(Exception):
    pass


def require(kept: Any, what: str) -> None:
    """Breaks the law with this line unless it is kept."""
    if not kept:
        raise _Broken(what)


def needs(*distributions: str) -> None:
    """Raises Untestable with the line that installs what is missing."""
    if missing(distributions):
        raise Untestable(f"needs {', '.join(distributions)}: {installation(distributions)}")


@dataclass(frozen=True, kw_only=True)
class Law:
    """name: `slot.function`; subject: of what kind; of_class: of the class itself, not of its examples."""

    name: str
    subject: type
    of_class: bool
    slow: bool
    function: Callable[[Any], None]

    @property
    def says(self) -> str:
        """What it asks for, and why."""
        return getdoc(self.function) or ""

    def holds_of(self, subject: Any) -> bool:
        """Whether it is about this component, class or choice."""
        if isinstance(subject, type):
            return self.of_class and issubclass(subject, self.subject)
        return not self.of_class and isinstance(subject, self.subject)

    def __call__(self, subject: Any) -> None:
        """Raises LawBroken, or Untestable. A calculation that warns is one that went wrong."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                self.function(subject)
        except _Broken as broken:
            raise LawBroken(self.name, str(broken), place(subject)) from None
        except Untestable:
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {error}".splitlines()[0]
            raise LawBroken(self.name, f"it raises {message}", place(subject)) from error


def law(function: Callable[[Any], None], *, slow: bool = False) -> Law:
    """Makes a law of a function."""
    first = next(iter(signature(function).parameters))
    annotation = get_type_hints(function)[first]
    of_class = get_origin(annotation) is type
    return Law(
        name=f"{function.__module__.rpartition('.')[2]}.{function.__name__}",
        subject=get_args(annotation)[0] if of_class else annotation,
        of_class=of_class,
        slow=slow,
        function=function,
    )


def slow_law(function: Callable[[Any], None]) -> Law:
    """Makes a law that takes seconds, so that it is left to the slow tests."""
    return law(function, slow=True)


def place(subject: Any) -> str:
    """Where a law is broken, as its line says it."""
    if isinstance(subject, type):
        return f"{subject.__module__}.{subject.__qualname__}"
    if isinstance(subject, Component):
        text = f"{type(subject).__module__}.{subject!r}"
        return text if len(text) <= 160 else f"{text[:157]}..."
    return str(subject)
