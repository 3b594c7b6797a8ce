"""Levels from the first run to the registry: hallmarked is champion, no better than a baseline is offered that one."""

from pathlib import Path

import pytest

from harness import Assay, Run


def latest(folder: Path) -> Run:
    return Run((folder / "outputs" / "latest").resolve())


@pytest.mark.slow
def test_what_passes_strict_on_an_unseen_vault_is_hallmarked_and_takes_charge(assay: Assay, tmp_path: Path) -> None:
    done = assay("+experiment=sp500_volatility", "gates=strict", "tracking=none")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "HALLMARKED: All " in said
    assert "promoted: outputs/registry/sp500_volatility/1 as champion, hallmarked" in said
    run = latest(tmp_path)
    # The run itself cannot know what its vault will say.
    assert (run.json("gates")["level"], run.json("promotion")["level"]) == ("candidate", "hallmarked")
    report = (run.folder / "report.html").read_text()
    assert '<div class="verdict hallmarked"' in report
    assert "has looked at" not in report
    assert "at promotion</span>" not in report
    card = (tmp_path / "outputs" / "registry" / "sp500_volatility" / "1" / "README.md").read_text()
    assert "**Hallmarked: passed everything that `strict` asks for, on a vault that nobody had seen.**" in card


@pytest.mark.slow
def test_what_is_no_better_than_a_baseline_is_offered_its_bundle(assay: Assay, tmp_path: Path) -> None:
    done = assay("+experiment=sp500_volatility", "model=lightgbm", "tracking=none")
    assert done.returncode == 0, done.stderr
    run, said = latest(tmp_path), " ".join((done.stdout + done.stderr).split())
    assert "CANDIDATE: No better than har. All 5 required gates passed." in said
    command = f"promote {run.folder.name} --baseline har"
    offer = "Not promoted by itself. No better than har, which is simpler; its bundle: python -m runner"
    assert f"{offer} {command}" in said
    assert not (tmp_path / "outputs" / "registry").exists()
    made = assay(*command.split())
    assert made.returncode == 0, made.stderr
    assert "promoted: outputs/registry/sp500_volatility_har/1 as candidate" in " ".join(
        (made.stdout + made.stderr).split()
    )
