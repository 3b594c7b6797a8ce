"""How a command speaks: what it found goes to stdout, in words or as JSON; everything else to stderr.

Imports stay cheap: --help comes this way too.
"""

import io
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout

TYPE_CHECKING = False  # what type checkers take for true; importing typing would be most of the cost
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from runner.answer import Answer

FLAGS = {"--json": "json", "-q": "quiet", "--quiet": "quiet", "-v": "verbose", "--verbose": "verbose"}


class Manner:
    """json: print JSON; quiet: say nothing meanwhile; verbose: say more, and show the stack of an error."""

    def __init__(self, *, json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.json, self.quiet, self.verbose = json, quiet, verbose

    @staticmethod
    def of(arguments: Sequence[str]) -> "tuple[Manner, list[str]]":
        """What the flags say, wherever they stand, and the other arguments."""
        said = {FLAGS[argument]: True for argument in arguments if argument in FLAGS}
        return Manner(**said), [argument for argument in arguments if argument not in FLAGS]

    @contextmanager
    def talk(self) -> Iterator[None]:
        """Whatever is printed meanwhile goes to stderr, or nowhere."""
        with ExitStack() as stack:
            if self.quiet:
                stack.enter_context(redirect_stderr(io.StringIO()))
            stack.enter_context(redirect_stdout(sys.stderr))
            yield

    def answer(self, verb: str, answer: "Answer") -> None:
        """Prints what was found."""
        if not self.json:
            answer.show()
            return
        from runner.mended import COMMAND

        following = [f"{COMMAND} {command} --json" for command in answer.next]
        self._print(verb, answer.exit_code, answer.content, [], following, list(answer.notices))

    def failed(self, verb: str, arguments: Sequence[str], error: Exception) -> int:
        """Prints what is wrong, in words on stderr, as JSON on stdout; gives the exit code."""
        from components.errors import AssayError
        from runner import exit_codes
        from runner.mended import mended, typed
        from runner.recording.events import in_fields

        known = isinstance(error, AssayError)
        if self.verbose or not known:
            traceback.print_exception(error)
        else:
            print(error, file=sys.stderr)
        code = exit_codes.of_error(error)
        if self.json:
            errors = in_fields(error)
            asked = [verb] if arguments and verb in arguments else []
            following = mended(arguments, errors) or [typed([*asked, "--help", "--json"])]
            self._print(verb, code, {}, _without_secrets(errors), _without_secrets(following), [])
        return code

    def interrupted(self, verb: str) -> int:
        """Says that Ctrl-C ended it; gives the exit code."""
        from runner import exit_codes

        print("interrupted", file=sys.stderr)
        if self.json:
            told: dict[str, Any] = {"code": "interrupted", "path": "", "value": None, "allowed": None}
            told |= {"message": "interrupted", "hint": "", "fix": []}
            self._print(verb, exit_codes.INTERRUPTED, {}, [told], [], [])
        return exit_codes.INTERRUPTED

    @staticmethod
    def _print(
        verb: str,
        code: int,
        content: "Mapping[str, Any]",
        errors: "list[dict[str, Any]]",
        following: list[str],
        notices: list[str],
    ) -> None:
        from runner.answer import envelope
        from runner.storage.canonical import finite_or_null

        whole = envelope(verb, code, finite_or_null(content), errors=errors, next=following, notices=notices)
        print(json.dumps(whole, indent=1, default=str))


def _without_secrets(value: "Any") -> "Any":
    """What was typed is repeated, but for addresses in which a secret may stand."""
    from runner.composition.secrets import hidden

    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, dict):
        return {name: _without_secrets(item) for name, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list | tuple) else value
