"""What a verb or a run found: a value. `runner.cli` alone prints it, in words or as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.exit_codes import RAN

CONTRACT = 1
"""Version of the JSON; it grows when a field changes its meaning or goes, never when one is added."""

ENVELOPE: Mapping[str, str] = {
    "assay": "integer: version of this contract",
    "verb": "text: what was asked for; run, sweep, config, version or help where it is no verb",
    "exit_code": "integer: what the process ends with",
    "notices": "list: sentences that a careful reader would want to see",
    "errors": "list: what is wrong, see `error`; empty where nothing is",
    "next": "list: commands that make sense now, the likeliest first, each as it is typed into a shell",
}
"""Fields of every answer: name -> `type: what it says`. What a verb found stands beside them."""

ERROR: Mapping[str, str] = {
    "code": "text: kind of mistake, always the same for the same kind",
    "path": "text: what to mend: dotted path of a setting, a flag, or a file and its line; empty where there is none",
    "value": "any: what was written, null where that is not known",
    "allowed": "any: list of the values that may stand there, or a JSON schema of them; null where that is not known",
    "message": "text: what is wrong, for a reader",
    "hint": "text: what to do, for a reader",
    "fix": "list: arguments as they are typed into a shell, each of which mends this by itself, the likeliest first",
}
"""Fields of an error, likewise."""

Shows = Callable[[], None]


@dataclass(frozen=True)
class Answer:
    """content: plain, flat, under names that ENVELOPE does not use; show: prints it for a reader on stdout; next:
    commands that make sense now, without `python -m runner`; notices: one sentence each, also told on stderr."""

    content: Mapping[str, Any]
    show: Shows
    exit_code: int = RAN
    next: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert not ENVELOPE.keys() & self.content.keys(), "a field of every answer"


def said(*lines: str) -> Shows:
    """Prints these lines."""

    def show() -> None:
        for line in lines:
            print(line)

    return show


def envelope(
    verb: str,
    exit_code: int,
    content: Mapping[str, Any],
    *,
    errors: list[dict[str, Any]],
    next: list[str],
    notices: list[str],
) -> dict[str, Any]:
    """The whole answer, plain."""
    return {
        "assay": CONTRACT,
        "verb": verb,
        "exit_code": exit_code,
        **content,
        "notices": notices,
        "errors": errors,
        "next": next,
    }
