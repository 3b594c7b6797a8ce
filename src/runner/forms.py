"""What a command line without a verb asks for: a run, a sweep, the composed configuration, the version."""

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from runner.answer import Answer, said

RAN = {
    "run": "text: id of the run",
    "folder": "text: where all of it lies",
    "state": "text: finished, failed or pruned",
    "level": "text or null: rejected, candidate or hallmarked; null where it was pruned",
    "promotion": "map or null: what came of promoting it, see promote",
}


def ran(overrides: Sequence[str], *, verbose: bool) -> Answer:
    """Runs an experiment. Raises ConfigError with all that is wrong with it."""
    from runner.composition.configure import configure

    experiment, composed = configure(overrides)
    from runner.console import Console
    from runner.report.told import told
    from runner.run import run_experiment
    from runner.specification.places import HERE
    from runner.tracking.deliver import deliver

    try:
        outcome = run_experiment(experiment, composed, Console(verbose=verbose), HERE)
    finally:
        deliver(HERE.outputs, experiment.tracking)
    following = (f"show {outcome.folder.name}", f"report {outcome.folder.name}")
    may = outcome.verdict is not None and outcome.verdict.passed and outcome.promotion is None
    promotes = (f"promote {outcome.folder.name}",) if may and not experiment.debug.enabled else ()
    return Answer(
        told(outcome.folder),
        lambda: outcome.show(Console()),
        outcome.exit_code,
        (*promotes, *following),
        composed.notices,
    )


def swept(overrides: Sequence[str]) -> Answer:
    """Runs every point of a search space."""
    from runner.sweeps.sweep import sweep

    return sweep(overrides)


def shown(arguments: Sequence[str]) -> Answer:
    """What Hydra shows of a configuration, as text; with `--cfg job` also its content."""
    import yaml

    from runner.composition.handover import show

    text = io.StringIO()
    with redirect_stdout(text):
        code = show(arguments)
    content: dict[str, Any] = {"text": text.getvalue()}
    if list(arguments[:2]) in (["--cfg", "job"], ["-c", "job"]):
        content["config"] = yaml.safe_load(text.getvalue())
    return Answer(content, partial(print, text.getvalue(), end=""), code)


def version() -> Answer:
    """Of this installation."""
    from runner.recording.provenance import DISTRIBUTION
    from runner.storage.digests import version_of

    found = version_of(DISTRIBUTION)
    return Answer({"version": found, "folder": str(Path(__file__).parent)}, said(f"assay {found}"))
