"""What was found, as plain values: what `leaktest --json` prints and its page shows."""

from pathlib import Path
from typing import Any

from components.leaks.examined import Examination
from components.values import LeakReport
from runner.leaks.tests import TESTS


def of_experiment(name: str, report: LeakReport) -> dict[str, Any]:
    """Of an experiment; column: where, kind: the test that found it, as for tables."""
    leaks = [
        {"column": found.where, "kind": found.test, "severity": found.severity, "evidence": found.evidence}
        for found in report.findings
    ]
    return {
        "experiment": name,
        "tests": list(report.tests),
        "seen": list(report.seen),
        "not_made": {test.name: test.says for test in TESTS if test.name not in report.tests},
        "n_leaks": sum(leak["severity"] == "leak" for leak in leaks),
        "leaks": leaks,
    }


def of_table(path: Path, target: str, examination: Examination, unread: dict[str, str]) -> dict[str, Any]:
    """Of the columns of a table."""
    leaks = [
        {"column": leak.column, "kind": leak.kind, "severity": leak.severity, "evidence": leak.evidence}
        for leak in examination.leaks
    ]
    return {
        "table": str(path),
        "target": target,
        "target_known": examination.known,
        "target_known_because": examination.why,
        "rows": examination.n_rows,
        "symbols": examination.n_symbols,
        "examined": list(examination.examined),
        "not_examined": {**unread, **examination.skipped},
        "tests": examination.n_tests,
        "not_looked_for": list(examination.unsaid),
        "n_leaks": sum(leak["severity"] == "leak" for leak in leaks),
        "leaks": leaks,
    }


def verdict(found: dict[str, Any]) -> str:
    """How many leaks, and how many suspects."""
    leaks, suspects = found["n_leaks"], len(found["leaks"]) - found["n_leaks"]
    said = "no leak found." if leaks == 0 else f"{leaks} leak{'' if leaks == 1 else 's'} found."
    return said if suspects == 0 else f"{said} Suspect, but no leak: {suspects}."
