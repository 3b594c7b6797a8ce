"""The arguments of a verb; a mistake in them is one line, like every other mistake of a user."""

import re
import shlex
from argparse import SUPPRESS, Action, ArgumentError, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

from components.errors import ConfigError, Problem
from runner import exit_codes
from runner.answer import Answer, said
from runner.verbs import described, verbs

MANNER = (
    (("--json",), "print what was found as JSON"),
    (("-q", "--quiet"), "say nothing but what was asked for, and errors"),
    (("-v", "--verbose"), "say more while it runs; show the stack of an error"),
)
"""Flags of every verb; `runner.manner` reads them, here they are only described."""


class VerbParser(ArgumentParser):
    """Parser of one verb, described by the verb's docstring. Raises ConfigError where argparse would exit."""

    def __init__(self, verb: str) -> None:
        ways, rest = described(verb)
        says = "\n".join(f"{what[:1].upper()}{what[1:]}." for _, what in ways)
        super().__init__(
            prog=f"python -m runner {verb}",
            description=f"{says}\n\n{rest}" if rest else says,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self._verb = verb
        for flags, says in MANNER:
            self.add_argument(*flags, action="store_true", default=SUPPRESS, help=says)

    def parsed(self, arguments: Sequence[str]) -> Namespace:
        """The options; overrides and flags may stand in any order."""
        options, unknown = self.parse_known_intermixed_args(arguments)
        for text in unknown:
            flag = text.partition("=")[0]
            if not flag.startswith("-"):
                raise ConfigError(
                    Problem(text, f"one argument too many for {self._verb}", self._more, code="unknown_argument")
                )
            near = get_close_matches(flag, self._option_string_actions, n=1)
            hint = f"did you mean '{near[0]}'?" if near else self._more
            allowed = tuple(self._option_string_actions)
            raise ConfigError(
                Problem(
                    flag,
                    f"unknown flag of {self._verb}",
                    hint,
                    code="unknown_flag",
                    value=text,
                    allowed=allowed,
                    fix=tuple(name + text.removeprefix(flag) for name in near),
                )
            )
        return options

    def error(self, message: str) -> NoReturn:
        missing = message.partition("required: ")[2].split(", ")
        allowed = tuple(missing) if missing != [""] else None
        code = "missing_argument" if allowed else "arguments"
        raise ConfigError(Problem(self._verb, message, self._more, code=code, allowed=allowed))

    def _get_values(self, action: Action, arg_strings: list[str]) -> Any:
        """A value that is not allowed is told with those that are."""
        try:
            return super()._get_values(action, arg_strings)
        except ArgumentError as error:
            flag = action.option_strings[-1] if action.option_strings else _name(action)
            choices = tuple(action.choices) if action.choices else None
            written = " ".join(arg_strings)
            near = get_close_matches(written, [str(choice) for choice in choices or ()], n=1) or list(choices or ())
            fix = [shlex.quote(f"{flag}={value}" if action.option_strings else str(value)) for value in near]
            raise ConfigError(
                Problem(
                    self._verb,
                    str(error),
                    self._more,
                    code="not_allowed",
                    value=written,
                    allowed=choices or {"type": _kind(action)},
                    fix=tuple(fix),
                    at=flag if action.option_strings else written,
                )
            ) from None

    @property
    def _more(self) -> str:
        return f"see python -m runner {self._verb} --help"


def _kind(action: Action) -> str:
    return "integer" if action.type is int else "number" if action.type is float else "string"


def in_fields(parser: ArgumentParser) -> Answer:
    """What the help of a verb says, for programs."""
    return Answer(_in_fields(parser), said(parser.format_help()))


def every_verb(text: str) -> Answer:
    """What the help of all verbs says, for programs; text: the same for readers."""
    found = {}
    for verb in verbs():
        parser = VerbParser(verb)
        import_module(f"runner.verbs.{verb}").add_arguments(parser)
        found[verb] = _in_fields(parser)
    return Answer({"verbs": found, "exit_codes": exit_codes.NAMES}, said(text))


def _in_fields(parser: ArgumentParser) -> dict[str, Any]:
    verb = parser.prog.rpartition(" ")[2]
    ways, rest = described(verb)
    return {
        "ways": [{"usage": usage, "says": says} for usage, says in ways],
        "text": rest,
        "arguments": [_argument(action) for action in parser._actions],
    }


def _argument(action: Action) -> dict[str, Any]:
    return {
        "name": _name(action),
        "flags": list(action.option_strings),
        "says": action.help or "",
        "required": action.required and action.nargs not in ("*", "?"),
        "many": action.nargs in ("*", "+"),
        "takes_value": action.nargs != 0,
        "type": _kind(action) if action.nargs != 0 else "boolean",
        "allowed": list(action.choices) if action.choices else None,
    }


def _name(action: Action) -> str:
    words = action.option_strings[-1:] or [action.metavar if isinstance(action.metavar, str) else action.dest]
    return re.sub(r"^--?", "", words[0])
