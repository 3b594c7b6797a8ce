"""Which laws hold of which components: found, never listed."""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from components.errors import ConfigError
from runner.composition.catalog import catalogue
from runner.specification.packages import user_packages
from runner.testing import laws as room
from runner.testing.choices import choices
from runner.testing.companions import examples_of
from runner.testing.law import Law

SHIPPED = ("components", "runner")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One law of one component, class or choice; name: `law-Class`, with the number of the example."""

    name: str
    law: Law
    subject: Any

    def judge(self) -> None:
        """Raises LawBroken, or Untestable where it cannot be tried here."""
        self.law(self.subject)

    def __str__(self) -> str:
        return self.name


@cache
def laws() -> tuple[Law, ...]:
    """All of them, by slot."""
    modules = [importlib.import_module(f"{room.__name__}.{info.name}") for info in pkgutil.iter_modules(room.__path__)]
    return tuple(
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, Law) and found.function.__module__ == module.__name__
    )


def cases(packages: Sequence[str] = SHIPPED) -> Iterator[Case]:
    """Every law of everything in these packages. Raises ConfigError where one of them is not among those in use."""
    for package in packages:
        _refuse_unnamed(package)
    subjects = [
        (target, catalogue()[target]) for target in catalogue() if target.startswith(tuple(f"{p}." for p in packages))
    ]
    for _, cls in subjects:
        yield from _about(cls, cls.__name__)
        for i, component in enumerate(examples_of(cls)):
            yield from _about(component, f"{cls.__name__}[{i}]")
    for choice in choices(packages):
        yield from _about(choice, str(choice))


def _about(subject: Any, name: str) -> Iterator[Case]:
    for each in laws():
        if each.holds_of(subject):
            yield Case(name=f"{each.name}-{name}", law=each, subject=subject)


def _refuse_unnamed(package: str) -> None:
    named = user_packages()
    if package not in SHIPPED and not any(package == name or package.startswith(f"{name}.") for name in named):
        raise ConfigError(
            f"{package}: not among the packages of components in use ({', '.join(named) or 'none'}); name it in "
            "./pyproject.toml, [tool.assay] components, or in ASSAY_COMPONENTS"
        )
