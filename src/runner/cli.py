"""The command line: parses, runs, prints what was found and turns errors into exit codes, for every verb.

Verbs and runs return values, see `runner.answer`. While they work, stdout leads to stderr: what they print meanwhile is
talk. What is said here is done elsewhere, and imports stay cheap, so that --help is instant.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from runner import exit_codes
from runner.verbs import described, verbs

TYPE_CHECKING = False  # what type checkers take for true; importing typing would be most of the cost
if TYPE_CHECKING:
    from runner.answer import Answer
    from runner.manner import Manner

HELP_TEXT = """\
Assay: a declarative experiment runner for market forecasts.

Run an experiment, which is a file of conf/experiment/ plus what you override:
  python -m runner +experiment=NAME [SLOT=CHOICE ...] [PATH.TO.SETTING=VALUE ...]
  python -m runner +experiment=NAME debug=fast           seconds instead of minutes; figures mean nothing
  python -m runner -m +experiment=NAME model=lightgbm,ridge seed=1,2     every combination
  python -m runner -m +experiment=NAME +sweep=NAME       a search space from conf/sweep/
  python -m runner -m +experiment=NAME model.penalty="interval(0.1,9)" sweep.trials=50     a search
  python -m runner -m sweep.resume=latest                go on with a sweep that was cut off
  python -m runner +experiment=NAME --cfg job            show the composed configuration, run nothing

Or say what to do:
{verbs}
  VERB --help                more about one of them

With every verb and every run:
  --json                     print what was found as JSON (python -m runner schema answers), errors too
  -q, --quiet                say nothing but what was asked for, and errors
  -v, --verbose              say more while it runs; show the stack of an error
  --version                  print the version

Your own files: ./conf/<slot>/<choice>.yaml wins over a shipped choice; your own components are named in
./pyproject.toml, [tool.assay] components = ["my_package"], or in ASSAY_COMPONENTS.

{exit_codes}"""

HELP_FLAGS = ("-h", "--help", "help")
MULTIRUN_FLAGS = ("-m", "--multirun")
RUN_FLAGS = ("-r", "--run")
VERSION_FLAGS = ("--version",)
RUN, SWEEP, CONFIG, VERSION, HELP = "run", "sweep", "config", "version", "help"
"""What is asked for without a verb, as answers name it."""
# Flags of Hydra that show something and run nothing.
SHOW_FLAGS = (
    "-c",
    "--cfg",
    "--resolve",
    "-p",
    "--package",
    "-i",
    "--info",
    "--hydra-help",
    "--shell-completion",
)
OWN_FOLDER_FLAGS = ("-cd", "--config-dir", "-cp", "--config-path", "-cn", "--config-name")


def main(arguments: Sequence[str]) -> int:
    """The exit code of the process; what is wrong goes to stderr, one line each, without a stack trace."""
    from runner.manner import Manner

    manner, rest = Manner.of(arguments)
    try:
        if not rest or (rest[0] not in verbs() and any(flag in HELP_FLAGS for flag in rest)):
            return _help(manner)
        answer = _asked(rest, manner)
        manner.answer(_named(rest), answer)
        return answer.exit_code
    except KeyboardInterrupt:
        return manner.interrupted(_named(rest))
    except BrokenPipeError:
        # Whoever read our output has left, as in `list | head`: nothing to tell, and nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.UNFORESEEN
    except Exception as error:
        from components.errors import AssayError

        if not isinstance(error, AssayError) and not manner.json:
            raise
        return manner.failed(_named(rest), arguments, error)


def perform(verb: str, arguments: Sequence[str]) -> int:
    """Runs a verb and prints what it found. Raises what it raises, ConfigError where the arguments are wrong."""
    from runner.manner import Manner

    manner, rest = Manner.of(arguments)
    answer = _perform(verb, rest, manner)
    manner.answer(verb, answer)
    return answer.exit_code


def help_text() -> str:
    """What --help says; the verbs speak for themselves."""
    ways = [way for verb in verbs() for way in described(verb)[0]]
    lines = [f"  {usage:<25}  {says}" if len(usage) < 26 else f"  {usage}    {says}" for usage, says in ways]
    return HELP_TEXT.format(verbs="\n".join(lines), exit_codes=exit_codes.IN_WORDS)


def _help(manner: "Manner") -> int:
    if manner.json:
        from runner.arguments import every_verb

        manner.answer(HELP, every_verb(help_text()))
    else:
        print(help_text(), end="")
    return exit_codes.RAN


def _named(arguments: Sequence[str]) -> str:
    """What was asked for, as an answer names it."""
    if arguments and arguments[0] in verbs():
        return arguments[0]
    flags = {argument.partition("=")[0] for argument in arguments}
    if flags & {*VERSION_FLAGS}:
        return VERSION
    return CONFIG if flags & {*SHOW_FLAGS} else SWEEP if flags & {*MULTIRUN_FLAGS} else RUN


def _asked(arguments: list[str], manner: "Manner") -> "Answer":
    first = arguments[0]
    if first in verbs():
        return _perform(first, arguments[1:], manner)
    if "=" not in first and not first.startswith(("-", "~")):
        raise _no_verb(first)
    return _hydra_form(arguments, manner)


def _perform(verb: str, arguments: Sequence[str], manner: "Manner") -> "Answer":
    """Parses the arguments of a verb and runs it. Raises what it raises, ConfigError where they are wrong."""
    from runner.arguments import VerbParser, in_fields

    module = import_module(f"runner.verbs.{verb}")
    parser = VerbParser(verb)
    module.add_arguments(parser)
    if manner.json and any(flag in HELP_FLAGS[:2] for flag in arguments):
        return in_fields(parser)
    options = parser.parsed(arguments)
    options.verbose = manner.verbose
    with manner.talk():
        answer: Answer = module.run(options)
        return answer


def _hydra_form(arguments: list[str], manner: "Manner") -> "Answer":
    """`python -m runner OVERRIDES`, with the flags that Hydra's users know."""
    from runner import forms

    flags = [argument.partition("=")[0] for argument in arguments if argument.startswith("-")]
    for flag in flags:
        _refuse_unknown(flag)
    if any(flag in VERSION_FLAGS for flag in flags):
        return forms.version()
    if any(flag in SHOW_FLAGS for flag in flags):
        return forms.shown(arguments)
    plain = [argument for argument in arguments if not argument.startswith("-")]
    with manner.talk():
        if any(flag in MULTIRUN_FLAGS for flag in flags):
            return forms.swept(plain)
        return forms.ran(plain, verbose=manner.verbose)


def _refuse_unknown(flag: str) -> None:
    known = (*HELP_FLAGS[:2], *MULTIRUN_FLAGS, *RUN_FLAGS, *SHOW_FLAGS, *VERSION_FLAGS)
    if flag in OWN_FOLDER_FLAGS:
        raise _error(flag, "not supported", (), "put your files into ./conf, they win over the shipped ones")
    if flag not in known:
        raise _error(flag, "unknown flag", known, "see --help")


def _no_verb(word: str) -> Exception:
    """Perhaps the name of an experiment alone, perhaps a verb misspelt."""
    from difflib import get_close_matches

    from components.errors import ConfigError, Problem
    from runner.composition.places import config_files

    message, experiments = "neither a verb nor KEY=VALUE", list(config_files("experiment"))
    meant = next(iter(get_close_matches(word, [*experiments, *verbs()], n=1)), word)
    if meant not in experiments:
        return _error(word, message, verbs(), f"verbs: {', '.join(verbs())}", code="unknown_verb")
    right = f"+experiment={meant}"
    hint = f"to run the experiment of that name: python -m runner {right}"
    hint = hint if meant == word else f"did you mean the experiment '{meant}'? python -m runner {right}"
    return ConfigError(Problem(word, message, hint, code="unknown_verb", value=word, fix=(right,)))


def _error(
    written: str, message: str, known: Sequence[str], otherwise: str, *, code: str = "unknown_flag"
) -> Exception:
    """A ConfigError with the nearest of what is known, or another hint."""
    from difflib import get_close_matches

    from components.errors import ConfigError, Problem

    near = get_close_matches(written, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else otherwise
    allowed = tuple(known) or None
    return ConfigError(Problem(written, message, hint, code=code, value=written, allowed=allowed, fix=tuple(near)))
