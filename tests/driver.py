"""A program that knows nothing of Assay but its contract: it reads `--help`, `schema` and JSON, and no prose.

From a command that went wrong it goes on by what the answer says: whole commands that are right (`next`), else the
values that are allowed in the place of the wrong one (`allowed`).
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Answer = Mapping[str, Any]
MOST_TRIES = 6
TWO_WORDS = ("python", "-m", "runner")


@dataclass
class Driver:
    """ask: runs a command and gives its answer; tried: every command, in order."""

    ask: Callable[[Sequence[str]], Answer]
    tried: list[list[str]] = field(default_factory=list)

    def settled(self, *arguments: str) -> Answer:
        """The answer of a command without errors, mended as often as it takes."""
        waiting, seen = [list(arguments)], set[tuple[str, ...]]()
        for _ in range(MOST_TRIES):
            command = next(each for each in waiting if tuple(each) not in seen)
            seen.add(tuple(command))
            self.tried.append(command)
            answer = self.ask([*command, "--json"])
            assert answer["assay"] == 1
            if not answer["errors"]:
                return answer
            waiting = [*self.mended(command, answer), *waiting]
        raise AssertionError(f"not settled: {self.tried}")

    def mended(self, command: list[str], answer: Answer) -> Iterator[list[str]]:
        """Commands to try, the likeliest first."""
        for text in answer["next"]:
            following = command_of(text)
            if "--help" not in following:
                yield following
        for error in answer["errors"]:
            for value in values_of(error["allowed"]):
                yield from replaced(command, error, value)

    def verdict(self, file: str) -> Answer:
        """From a file of bars to the answer of a run on them: the verb that makes an experiment of a file and of
        nothing else, then what it says comes next."""
        answers = self.settled("schema", "answers")["schema"]["$defs"]
        verbs = self.settled("--help")["verbs"]
        (makes,) = [
            name for name in verbs if needed(verbs[name]) == ["FILES"] and "experiment" in answers[name]["properties"]
        ]
        made = self.settled(makes, file)
        return self.settled(*command_of(made["next"][0]))


def needed(verb: Answer) -> list[str]:
    """Names of the arguments without which a verb is nothing."""
    return [argument["name"] for argument in verb["arguments"] if argument["required"]]


def command_of(text: str) -> list[str]:
    """What follows the program in a command as it is typed, without the flag that every command of ours has."""
    words = shlex.split(text)
    assert tuple(words[:3]) == TWO_WORDS
    return [word for word in words[3:] if word != "--json"]


def replaced(command: Sequence[str], error: Answer, value: Any) -> Iterator[list[str]]:
    """The command with the value in the place that the error names, as an override, a flag or a word."""
    path, text = error["path"], str(value).lower() if isinstance(value, bool) else str(value)
    for place, argument in enumerate(command):
        sign = argument[0] if argument[0] in "+~" else ""
        if argument.lstrip("+~").partition("=")[0] == path.partition("=")[0]:
            named = argument.startswith("-") and "=" not in argument
            new = [argument, text] if named else [f"{sign}{path.partition('=')[0]}={text}"]
            yield [*command[:place], *(new if "=" in argument or named else [text]), *command[place + 1 + named :]]
    if error["code"] == "missing":
        yield [*command, f"{path}={text}"]


def values_of(allowed: Any) -> list[Any]:
    """Some values that are allowed: those that are listed, or one that fits a schema."""
    if isinstance(allowed, list):
        return allowed
    schema = allowed or {}
    if "anyOf" in schema:
        return [value for each in schema["anyOf"] for value in values_of(each)]
    low, high = (schema.get(f"exclusive{end}", schema.get(end.lower())) for end in ("Minimum", "Maximum"))
    number = (low + high) / 2 if None not in (low, high) else (low or 0) + 1
    known = {"integer": [int(number)], "number": [number], "boolean": [True], "null": ["null"]}
    return known.get(schema.get("type", ""), [])
