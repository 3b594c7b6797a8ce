"""The GitHub Actions example: its file is whole, its commands exist, and its verdict step works on a real run."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from harness import ended
from runner.composition.configure import configure

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / "examples" / "github" / "gate.yml").read_text())
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["verdict"]["steps"]
COMMANDS = [
    command.replace('"$EXPERIMENT"', WORKFLOW["env"]["EXPERIMENT"]).split()
    for step in STEPS
    for command in re.findall(r"python -m runner ([^|\n]+)", step.get("run", ""))
]


def step(name: str) -> dict[str, Any]:
    return next(step for step in STEPS if step.get("name") == name)


def test_it_runs_on_pull_requests_and_asks_for_no_more_than_it_needs() -> None:
    assert set(WORKFLOW[True]) == {"pull_request"}  # YAML reads `on` as true
    assert WORKFLOW["permissions"] == {"contents": "read", "actions": "read", "pull-requests": "write"}
    assert all(("uses" in found) != ("run" in found) for found in STEPS)
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", found["uses"]) for found in STEPS if "uses" in found)


def test_every_command_is_accepted() -> None:
    check, run = COMMANDS
    assert check[0] == "check"
    for overrides in (check[1:], run):
        experiment, _ = configure(overrides)
        assert experiment.gates.enforce
    assert experiment.export.promote == "never"


def test_the_ledger_outlives_the_job_whatever_its_outcome() -> None:
    place = "ledger"
    assert WORKFLOW["env"]["ASSAY_LEDGER"].endswith(f"|| '{place}/ledger.sqlite' }}}}")
    kept = step("Keep the ledger")
    assert kept["if"].startswith("always()")
    assert kept["with"]["path"] == place
    assert f"--name {kept['with']['name']} --dir {place}" in step("Fetch the ledger of the last run")["run"]
    assert "ledger" not in step("Restore the store")["with"]["path"]
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is False


def test_a_rejected_run_fails_the_job_and_leaves_its_verdict(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is absent")
    quick = ["+experiment=nasdaq_technical", "debug=fast", "tracking=none", "export=never", "gates.enforce=true"]
    process = ended(tmp_path, *quick)
    assert process.returncode == 4
    (tmp_path / "run.txt").write_text(process.stdout)
    environment = {"EXPERIMENT": "nasdaq_technical", "GITHUB_STEP_SUMMARY": "summary.md", "PATH": "/usr/bin:/bin"}
    script = step("Write the verdict")["run"]
    subprocess.run([bash, "-e", "-c", script], cwd=tmp_path, env=environment, check=True)
    lines = (tmp_path / "verdict.md").read_text().splitlines()
    assert lines[:2] == ["### nasdaq_technical", "```text"]
    assert lines[2].startswith("REJECTED: ")
    assert "What would suffice:" in lines
    assert lines[-1] == "```"
    assert not any(line.startswith("Run ") for line in lines)
    assert {path.name for path in (tmp_path / "verdict").iterdir()} >= {"report.html", "junit.xml", "gates.json"}
    cases = ElementTree.parse(tmp_path / "verdict" / "junit.xml").getroot()
    assert int(cases.get("failures", "0")) == len(cases.findall("testcase/failure")) > 0


def test_its_page_names_the_file_and_explains_the_ledger() -> None:
    page = (ROOT / "docs" / "github-actions.md").read_text()
    linked = re.findall(r"\]\(([^)]+)\)", page)
    assert linked == ["../examples/github/gate.yml"]
    assert (ROOT / "docs" / linked[0]).resolve().is_file()
    assert "## The ledger must outlive the job" in page
