"""Errors say who must act, in one line for a reader and in the same fields for a program."""

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    path: what to mend: dotted path of a setting, a flag, or a file with its line; message: what is wrong and what is
    allowed; hint: what to do, in words.
    For programs, beside the words: code: kind of mistake, lower case with underscores, for ever the same; value: what
    was written; allowed: the values that may stand there, or a JSON schema of them; fix: settings or flags as they are
    typed into a shell, each of which mends it by itself: the first is the likeliest; at: the path, where words begin
    otherwise.
    """

    path: str
    message: str
    hint: str = ""
    code: str = field(default="", compare=False)
    value: Any = field(default=None, compare=False)
    allowed: Any = field(default=None, compare=False)
    fix: tuple[str, ...] = field(default=(), compare=False)
    at: str = field(default="", compare=False)

    def __str__(self) -> str:
        line = f"{self.path}: {self.message}" if self.path else self.message
        return f"{line}; {self.hint}" if self.hint else line


class AssayError(Exception):
    """Base of every error that is shown as one line, without a stack trace.

    problems: one or many; a text alone is a problem, which tells its place before the first colon and what to do after
    the last semicolon.
    """

    code: ClassVar[str] = "error"
    """Of problems that have none of their own."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem("", p) for p in problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    def to_json(self) -> list[dict[str, Any]]:
        """Every problem as a map of code, path, value, allowed, message, hint and fix."""
        return [_plain(problem, self.code) for problem in self.problems]


class ConfigError(AssayError):
    """Mend the configuration: one or many problems, all reported together."""

    code = "configuration"


class DataError(AssayError):
    """Mend the data: the message names file, symbol, timestamp and the remedy."""

    code = "data"


class Ask(DataError):
    """The data can be read in several ways that are equally good: the message shows them on one line of the data.

    options: what chooses one of them, each a piece of a command line, as it is typed.
    """

    code = "ask"

    def __init__(self, message: str, options: tuple[str, ...]) -> None:
        self.options = options
        untold = not all(option in message for option in options)
        super().__init__(Problem("", message, f"say {' or '.join(options)}" if untold else "", fix=options))


class Unavailable(DataError):
    """The source could not be had, for no fault of its settings: a service that is down, a file that is not there or
    damaged. A fallback may stand in."""

    code = "unavailable"


class ContractError(AssayError):
    """Mend the component: it broke a promise of its contract."""

    code = "component"


class GateFailed(AssayError):
    """A required gate failed: under gates.enforce=true, or of a run that shall be promoted."""

    code = "rejected"


class OutputError(AssayError):
    """The output folder cannot be written: full, read-only or in the way."""

    code = "output"


class BudgetSpent(AssayError):
    """A trial that a budget of the ledger does not allow: nothing of it was computed."""

    code = "budget"


class RoleForbids(AssayError):
    """Something that ASSAY_ROLE does not allow."""

    code = "forbidden"


def _plain(problem: Problem, code: str) -> dict[str, Any]:
    path, message, hint = problem.path, problem.message, problem.hint
    if not path:
        place, colon, rest = message.partition(": ")
        path, message = (place, rest) if colon else ("", message)
    if not hint:
        said, semicolon, rest = message.rpartition("; ")
        message, hint = (said, rest) if semicolon else (message, "")
    allowed = list(problem.allowed) if isinstance(problem.allowed, tuple | frozenset) else problem.allowed
    return {
        "code": problem.code or code,
        "path": problem.at or path,
        "value": problem.value,
        "allowed": allowed,
        "message": message,
        "hint": hint,
        "fix": list(problem.fix),
    }
