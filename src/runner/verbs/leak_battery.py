"""`leaktest` on an experiment: all leak tests, none of which is a trial."""

import json as codec
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from components.values import LeakReport
from runner.leaks.tests import LIMITS, TESTS


def on_experiment(overrides: Sequence[str], *, json: bool, html: Path | None) -> int:
    """Prints what the tests found; the number of leaks. Stages go to stderr where stdout is JSON."""
    from runner.composition.configure import configure
    from runner.compute import pipeline
    from runner.console import Console
    from runner.leaks.battery import full_battery
    from runner.run import OUTPUTS

    experiment, composed = configure(overrides)
    cache = pipeline.open_cache(OUTPUTS, Console(sys.stderr if json else sys.stdout))
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, composed.config, prepared, cache)
    report = cache.stage("leak tests", lambda: full_battery(experiment, prepared, executed))
    found = content(experiment.name, report)
    if html:
        from runner.storage.disk import write_atomically
        from runner.verbs.leak_page import experiment_page

        write_atomically(html, experiment_page(found, LIMITS).encode())
    if json:
        print(codec.dumps(found, indent=2))
    else:
        _show(found, html)
    return int(found["n_leaks"])


def content(name: str, report: LeakReport) -> dict[str, Any]:
    """What --json prints; column: where, kind: the test that found it, as for tables."""
    leaks = [
        {"column": found.where, "kind": found.test, "severity": found.severity, "evidence": found.evidence}
        for found in report.findings
    ]
    return {
        "experiment": name,
        "tests": list(report.tests),
        "not_made": {test.name: test.says for test in TESTS if test.name not in report.tests},
        "n_leaks": sum(leak["severity"] == "leak" for leak in leaks),
        "leaks": leaks,
    }


def _show(found: dict[str, Any], html: Path | None) -> None:
    from runner.verbs.plain_output import PlainOutput

    out = PlainOutput()
    out.text("")
    for leak in found["leaks"]:
        style = "bold red" if leak["severity"] == "leak" else "yellow"
        out.item(f"{leak['severity'].upper()}  {leak['column']}:", f"{leak['kind']}: {leak['evidence']}", style=style)
    if found["leaks"]:
        out.text("")
    out.text(f"{found['experiment']}: {verdict(found)} Tests: {', '.join(found['tests'])}.")
    for name, says in found["not_made"].items():
        out.item(f"not made: {name}", f"({says})")
    out.text("No test shows publication lags that the data do not tell, revisions, or survivorship (leaktest --help).")
    if html:
        out.text(f"Page: {html}")


def verdict(found: dict[str, Any]) -> str:
    """How many leaks, and how many suspects."""
    leaks, suspects = found["n_leaks"], len(found["leaks"]) - found["n_leaks"]
    said = "no leak found." if leaks == 0 else f"{leaks} leak{'' if leaks == 1 else 's'} found."
    return said if suspects == 0 else f"{said} Suspect, but no leak: {suspects}."
