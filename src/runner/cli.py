"""The command line: what is said here is done elsewhere; imports stay cheap, so that --help is instant."""

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence

HELP = """\
Assay: a declarative experiment runner for market forecasts.

Run an experiment, which is a file of conf/experiment/ plus what you override:
  python -m runner +experiment=NAME [SLOT=CHOICE ...] [PATH.TO.SETTING=VALUE ...]
  python -m runner +experiment=NAME debug=fast           seconds instead of minutes; figures mean nothing
  python -m runner -m +experiment=NAME model=lightgbm,ridge seed=1,2     every combination
  python -m runner -m +experiment=NAME +sweep=NAME       a search space from conf/sweep/
  python -m runner +experiment=NAME --cfg job            show the composed configuration, run nothing

Or say what to do:
  init FILE [--name NAME]    look at a file of bars and write an experiment that runs on it
  check [-m] OVERRIDES       check an experiment, or every point of a sweep, without reading any data
  list [SLOT]                every component, choice and experiment there is
  explain NAME               what a choice or class does, with its parameters, ranges and defaults
  features OVERRIDES         what each feature looks like and how it ranks the target, on training rows only
  predict --bundle NAME --data FILE    forecasts and target weights from a promoted bundle
  promote RUN [--as champion] [--override "REASON"]     promote a run that passed its gates; opens its vault
  rollback NAME              the previous champion of a bundle is champion again
  compare NAME@A NAME@B      two versions side by side: gates, figures, and whether the difference is luck
  verify [NAME[@VERSION]]    is every byte, move and record of the registry what it was
  report [RUN]               write the report of a finished run again
  deflate RETURNS.csv        what is left of a Sharpe ratio after chance and the tries it took
  ledger                     what was tried on which data, and whether the record is whole
  leaktest OVERRIDES         whether any stage of an experiment sees its future, and where
  leaktest --table FILE --time COLUMN --target COLUMN     which columns of any table look into the future
  VERB --help                more about one of them

Your own files: ./conf/<slot>/<choice>.yaml wins over a shipped choice; your own components are named in
./pyproject.toml, [tool.assay] components = ["my_package"], or in ASSAY_COMPONENTS.

Exit codes: 0 ran; 2 mend the configuration; 3 mend the data; 4 a required gate failed (of promote, or with
gates.enforce=true); 5 leaks found; 130 interrupted; 1 anything else. With -m: 1 if a job crashed, else 4, else 0.
"""

VERBS = {
    "init": "runner.verbs.init:main",
    "check": "runner.verbs.guide:check",
    "list": "runner.verbs.guide:list_all",
    "explain": "runner.verbs.guide:explain",
    "features": "runner.features:main",
    "predict": "runner.bundle.cli:main",
    "promote": "runner.promotion.verbs:promote_run",
    "rollback": "runner.promotion.verbs:roll_back",
    "compare": "runner.promotion.verbs:compare_versions",
    "verify": "runner.promotion.verbs:verify_registry",
    "report": "runner.report:main",
    "deflate": "runner.verbs.deflate:main",
    "ledger": "runner.verbs.ledger:main",
    "leaktest": "runner.verbs.leaktest:main",
}
INTERRUPTED = 130
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
        return _answer(list(arguments))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left, as in `list | head`: nothing to tell, and nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _answer(arguments: list[str]) -> int:
    if not arguments or arguments[0] in HELP_FLAGS:
        print(HELP, end="")
        return 0
    from components.errors import AssayError

    try:
        return _dispatch(arguments)
    except AssayError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0]
    if first in VERBS:
        module, _, function = VERBS[first].partition(":")
        verb: Callable[[list[str]], int] = getattr(importlib.import_module(module), function)
        return verb(arguments[1:])
    if "=" not in first and not first.startswith(("-", "~")):
        raise _refusal(f"{first}: neither a verb nor KEY=VALUE", first, VERBS, f"verbs: {', '.join(VERBS)}")
    return _hydra_form(arguments)


def _hydra_form(arguments: list[str]) -> int:
    """`python -m runner OVERRIDES`, with the flags that Hydra's users know."""
    flags = [argument.partition("=")[0] for argument in arguments if argument.startswith("-")]
    if any(flag in HELP_FLAGS for flag in flags):
        print(HELP, end="")
        return 0
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
        raise _refusal(f"{flag}: not supported", "", (), "put your files into ./conf, they win over the shipped ones")
    if flag not in known:
        raise _refusal(f"{flag}: unknown flag", flag, known, "see --help")


def _refusal(message: str, name: str, known: Iterable[str], otherwise: str) -> Exception:
    """The error for a name that is not among those known: the nearest of them, or else another hint."""
    from difflib import get_close_matches

    from components.errors import ConfigError

    near = get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else otherwise
    return ConfigError(f"{message}; {hint}")


def _run(overrides: list[str]) -> int:
    from runner.composition.configure import configure

    experiment, composed = configure(overrides)
    from runner.console import Console
    from runner.run import OUTPUTS, run_experiment
    from runner.tracking.deliver import deliver

    try:
        return run_experiment(experiment, composed, Console(), single=True).exit_code
    finally:
        deliver(OUTPUTS)
