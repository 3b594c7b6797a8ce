"""Errors say who must act."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a configuration.

    path: dotted path of the leaf; message: what is wrong and what is allowed; hint: what to do.
    """

    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        line = f"{self.path}: {self.message}" if self.path else self.message
        return f"{line}; {self.hint}" if self.hint else line


class AssayError(Exception):
    """Base of every error that is shown as one line, without a stack trace."""


class ConfigError(AssayError):
    """Mend the YAML: one or many problems, all reported together."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem("", p) for p in problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class DataError(AssayError):
    """Mend the data: the message names file, symbol, timestamp and the remedy."""


class Unavailable(DataError):
    """The source could not be had, for no fault of its settings: a service that is down, a file that is not there or
    damaged. A fallback may stand in."""


class Ask(DataError):
    """The data can be read in several ways that are equally good: the message shows them on one line of the data.

    options: what chooses one of them, each a piece of a command line.
    """

    def __init__(self, message: str, options: tuple[str, ...]) -> None:
        self.options = options
        super().__init__(f"{message}; say {' or '.join(options)}" if options else message)


class ContractError(AssayError):
    """Mend the component: it broke a promise of its contract."""


class GateFailed(AssayError):
    """A required gate failed: under gates.enforce=true, or of a run that shall be promoted."""


class OutputError(AssayError):
    """The output folder cannot be written: full, read-only or in the way."""


class BudgetSpent(AssayError):
    """A trial that a budget of the ledger does not allow: nothing of it was computed."""


class RoleForbids(AssayError):
    """Something that ASSAY_ROLE does not allow."""
