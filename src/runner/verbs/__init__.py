"""One file per verb, named as the verb: what lies here can be called, and nothing is listed anywhere else.

A verb file only parses, calls and says how its answer is shown. Its docstring is what --help says of it: first a line
`VERB ARGUMENTS: what it does` for each way to call it, then, after an empty line, the rest. It defines
`add_arguments(parser)`, `run(options) -> Answer` and ANSWER, which tells the fields of its answer: name -> `type: what
it is`. Errors are raised; `runner.cli` prints answers and errors, in words or as JSON, and turns errors into exit
codes. What a verb prints while it works goes to stderr.
"""

from pathlib import Path


def verbs() -> list[str]:
    """The names of all verbs, from their files; imports none of them."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def described(verb: str) -> tuple[list[tuple[str, str]], str]:
    """The ways to call a verb, each with what it does, and the rest of what its docstring says."""
    text = Path(__file__).with_name(f"{verb}.py").read_text(encoding="utf-8")
    first, _, rest = text.split('"""')[1].partition("\n\n")
    ways = [line.partition(": ") for line in first.splitlines()]
    return [(usage, says) for usage, _, says in ways], rest.strip()
