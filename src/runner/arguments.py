"""The arguments of a verb; a mistake in them is one line, like every other mistake of a user."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from components.errors import ConfigError
from runner.verbs import described


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

    def parsed(self, arguments: Sequence[str]) -> Namespace:
        """The options; overrides and flags may stand in any order."""
        options, unknown = self.parse_known_intermixed_args(arguments)
        for text in unknown:
            flag = text.partition("=")[0]
            if not flag.startswith("-"):
                raise ConfigError(f"{text}: one argument too many for {self._verb}; {self._more}")
            near = get_close_matches(flag, self._option_string_actions, n=1)
            hint = f"did you mean '{near[0]}'?" if near else self._more
            raise ConfigError(f"{flag}: unknown flag of {self._verb}; {hint}")
        return options

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{self._verb}: {message}; {self._more}")

    @property
    def _more(self) -> str:
        return f"see python -m runner {self._verb} --help"
