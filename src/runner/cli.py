"""The command line: parses, runs and turns errors into exit codes, for every verb.

What is said here is done elsewhere, and imports stay cheap, so that --help is instant.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from runner import exit_codes
from runner.verbs import described, verbs

HELP = """\
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

Your own files: ./conf/<slot>/<choice>.yaml wins over a shipped choice; your own components are named in
./pyproject.toml, [tool.assay] components = ["my_package"], or in ASSAY_COMPONENTS.

{exit_codes}"""

HELP_FLAGS = ("-h", "--help", "help")
MULTIRUN_FLAGS = ("-m", "--multirun")
RUN_FLAGS = ("-r", "--run")
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
    try:
        return _dispatch(list(arguments))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left, as in `list | head`: nothing to tell, and nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.UNFORESEEN
    except Exception as error:
        from components.errors import AssayError

        if not isinstance(error, AssayError):
            raise
        print(error, file=sys.stderr)
        return exit_codes.of_error(error)


def perform(verb: str, arguments: Sequence[str]) -> int:
    """Parses the arguments of a verb and runs it. Raises what it raises, ConfigError where they are wrong."""
    from runner.arguments import VerbParser

    module = import_module(f"runner.verbs.{verb}")
    parser = VerbParser(verb)
    module.add_arguments(parser)
    code: int = module.run(parser.parsed(arguments))
    return code


def help_text() -> str:
    """What --help says; the verbs speak for themselves."""
    ways = [way for verb in verbs() for way in described(verb)[0]]
    lines = [f"  {usage:<25}  {says}" if len(usage) < 26 else f"  {usage}    {says}" for usage, says in ways]
    return HELP.format(verbs="\n".join(lines), exit_codes=exit_codes.IN_WORDS)


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else "help"
    if first in HELP_FLAGS:
        print(help_text(), end="")
        return exit_codes.RAN
    if first in verbs():
        return perform(first, arguments[1:])
    if "=" not in first and not first.startswith(("-", "~")):
        raise _error(f"{first}: neither a verb nor KEY=VALUE", first, verbs(), f"verbs: {', '.join(verbs())}")
    return _hydra_form(arguments)


def _hydra_form(arguments: list[str]) -> int:
    """`python -m runner OVERRIDES`, with the flags that Hydra's users know."""
    flags = [argument.partition("=")[0] for argument in arguments if argument.startswith("-")]
    if any(flag in HELP_FLAGS for flag in flags):
        print(help_text(), end="")
        return exit_codes.RAN
    for flag in flags:
        _refuse_unknown(flag)
    if any(flag in SHOW_FLAGS for flag in flags):
        from runner.composition.handover import show

        return show(arguments)
    plain = [argument for argument in arguments if not argument.startswith("-")]
    if any(flag in MULTIRUN_FLAGS for flag in flags):
        from runner.sweeps.sweep import sweep

        return sweep(plain)
    return _run(plain)


def _refuse_unknown(flag: str) -> None:
    known = (*HELP_FLAGS[:2], *MULTIRUN_FLAGS, *RUN_FLAGS, *SHOW_FLAGS)
    if flag in OWN_FOLDER_FLAGS:
        raise _error(f"{flag}: not supported", "", (), "put your files into ./conf, they win over the shipped ones")
    if flag not in known:
        raise _error(f"{flag}: unknown flag", flag, known, "see --help")


def _error(message: str, written: str, known: Sequence[str], otherwise: str) -> Exception:
    """A ConfigError with the nearest of what is known, or another hint."""
    from difflib import get_close_matches

    from components.errors import ConfigError

    near = get_close_matches(written, known, n=1)
    return ConfigError(f"{message}; " + (f"did you mean '{near[0]}'?" if near else otherwise))


def _run(overrides: list[str]) -> int:
    from runner.composition.configure import configure

    experiment, composed = configure(overrides)
    from runner.console import Console
    from runner.run import run_experiment
    from runner.specification.places import HERE
    from runner.tracking.deliver import deliver

    try:
        return run_experiment(experiment, composed, Console(), HERE, single=True).exit_code
    finally:
        deliver(HERE.outputs)
