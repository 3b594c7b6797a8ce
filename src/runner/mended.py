"""The command that would have been right: what was typed, with what its errors say to type instead."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

COMMAND = "python -m runner"
SIGNS = "+~"


def typed(arguments: Sequence[str]) -> str:
    """A command as one types it into a shell."""
    return f"{COMMAND} {shlex.join(arguments)}".rstrip()


def mended(arguments: Sequence[str], errors: Sequence[Mapping[str, Any]]) -> list[str]:
    """Commands with every error mended by one of its fixes: the first of each, then, one at a time, the others.

    Empty where not a single error tells how to mend it.
    """
    first = [error["fix"][0] if error["fix"] else None for error in errors]
    if not any(first):
        return []
    choices = [first]
    for place, error in enumerate(errors):
        choices += [[*first[:place], other, *first[place + 1 :]] for other in error["fix"][1:]]
    commands = []
    for chosen in choices:
        command = list(arguments)
        for error, fix in zip(errors, chosen, strict=True):
            command = _applied(command, error, fix) if fix else command
        commands.append(typed(command))
    return list(dict.fromkeys(commands))


def _applied(arguments: Sequence[str], error: Mapping[str, Any], fix: str) -> list[str]:
    """The arguments with the fix in the place of what it mends, else at the end."""
    given = shlex.split(fix)
    wrong = {_key(error["path"]), *(_key(part) for part in given if _sets(part))} - {""}
    places = [place for place, argument in enumerate(arguments) if _key(argument) in wrong]
    # A setting or a flag is said beside a file or a run that is named, not in its place.
    beside = bool(places) and _sets(given[0]) and not _sets(arguments[places[0]]) and error["code"] != "unknown_verb"
    if beside:
        return [*arguments, *given]
    if not places:
        # A key that a file has and that means another one.
        deleted = [f"~{error['path']}"] if error["code"] == "unknown_key" and "=" in fix else []
        return [*arguments, *deleted, *given] if _sets(given[0]) else list(arguments)
    first = places[0]
    # The value of a flag may stand by itself.
    apart = _is_flag(arguments[first]) and "=" not in arguments[first] and ("=" in given[0] or len(given) > 1)
    later = [argument for argument in arguments[first + 1 + apart :] if _key(argument) not in wrong]
    return [*arguments[:first], _signed(arguments[first], given[0]), *given[1:], *later]


def _signed(argument: str, fix: str) -> str:
    """`+experiment=nope` becomes `+experiment=mine`: the sign that was typed stays."""
    return f"+{fix}" if argument.startswith("+") and not _is_flag(fix) and fix[0] not in SIGNS else fix


def _sets(argument: str) -> bool:
    return _is_flag(argument) or "=" in argument


def _is_flag(argument: str) -> bool:
    return argument.startswith("-")


def _key(argument: str) -> str:
    return argument.lstrip(SIGNS).partition("=")[0]
