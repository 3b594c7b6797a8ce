"""Whatever breaks after the fit is a failed item: nothing that was found is lost, and nobody calls the run finished."""

import html
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.errors import ContractError
from components.gates.leaks_clean import LeaksClean
from runner import exit_codes, run
from runner.bundle import certificate
from runner.bundle.registry import versions
from runner.cli import main
from runner.recording.ledger import Ledger
from runner.recording.run_folder import find_run
from runner.report import pictures
from runner.specification.places import HERE
from runner.tracking.told import record_of

Command = Callable[..., list[str]]


def breaks(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("float division by zero")


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text())


def trial_states() -> list[str]:
    ledger = Ledger.open()
    return [trial.state for family in ledger.families() for trial in ledger.trials(family.family)]


def check_failed(folder: Path, broken: list[str]) -> None:
    """Everything that was found is there, and everything says that the run failed."""
    manifest = read(folder, "manifest")
    assert (manifest["state"], manifest["broken"]) == ("failed", broken)
    assert manifest["finished"]
    assert trial_states() == ["failed"]
    told = record_of(folder, HERE.registry)
    assert (told.state, told.exit_code, told.summary["broken"]) == ("failed", 1, "; ".join(broken))
    assert {"gates", "folds"} <= told.tables.keys()
    assert told.files
    for name in ("metrics.json", "statistics.json", "junit.xml", "forecasts.parquet", "equity.parquet"):
        assert (folder / name).stat().st_size > 0
    report = (folder / "report.html").read_text()
    assert "Failed" in report
    assert "did not finish" not in report
    for line in broken:
        what, _, why = line.partition(": ")
        assert what.removeprefix("gate ") in report
        assert html.escape(why) in report
    assert not HERE.registry.exists()


def check_whole(folder: Path) -> None:
    """The same run once nothing is broken any more."""
    manifest = read(folder, "manifest")
    assert manifest["state"] == "finished"
    assert "broken" not in manifest
    assert trial_states()[-1] == "finished"
    assert "did not finish" not in (folder / "report.html").read_text()


@pytest.mark.parametrize("weight", ["true", "false"])
def test_a_gate_that_raises_fails_and_so_does_the_run(
    weight: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = command(2, 400, f"gates.checks.no_leaks.required={weight}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LeaksClean, "judge", breaks)
        assert main(arguments) == exit_codes.UNFORESEEN
    says = "LeaksClean.judge raised ZeroDivisionError: float division by zero."
    folder = find_run("latest", HERE.outputs)
    gates = {gate["name"]: gate for gate in read(folder, "gates")["gates"]}
    assert (gates["no_leaks"]["status"], gates["no_leaks"]["says"]) == ("failed", says)
    assert gates["no_leaks"]["broken"]
    assert read(folder, "gates")["passed"] == (weight == "false")
    assert sum(gate["status"] == "passed" for gate in gates.values()) >= 2
    check_failed(folder, [f"gate no_leaks: {says}"])
    printed = " ".join(capsys.readouterr().out.split())
    assert "FAILED: Parts of the run broke: 1 (see below)." in printed
    # What broke was not kept: the next run judges it again.
    assert main([*arguments, "export=never"]) == 0
    folder = find_run("latest", HERE.outputs)
    check_whole(folder)
    assert record_of(folder, HERE.registry).state == "finished"


def test_a_certificate_that_raises_fails_the_gates_that_need_it(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = command(2, 400, "gates=deployment", "export=never")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certificate, "certified", breaks)
        assert main(arguments) == exit_codes.UNFORESEEN
    folder = find_run("latest", HERE.outputs)
    says = "What it looks at could not be computed: bundle (ZeroDivisionError: float division by zero)."
    gates = read(folder, "gates")
    assert [(gate["status"], gate["says"]) for gate in gates["gates"]] == [("failed", says)] * 2
    assert not gates["passed"]
    check_failed(folder, [f"gate {name}: {says}" for name in ("bundle_parity", "bundle_latency")])
    assert main(arguments) == 0
    check_whole(find_run("latest", HERE.outputs))
    whole = read(find_run("latest", HERE.outputs), "gates")
    assert [gate["status"] for gate in whole["gates"] if gate["required"]] == ["passed"]


def test_a_picture_that_raises_is_left_out_and_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = command(2, 400)
    plans = tuple(replace(plan, draw=breaks) if plan.name == "equity" else plan for plan in pictures._PLANS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "_PLANS", plans)
        assert main(arguments) == exit_codes.UNFORESEEN
    folder = find_run("latest", HERE.outputs)
    check_failed(folder, ["picture equity: ZeroDivisionError: float division by zero"])
    assert read(folder, "gates")["passed"]
    drawn = {path.stem for path in (folder / "plots").glob("*.png")}
    assert "equity" not in drawn
    assert {"forecast", "folds", "costs"} <= drawn
    assert main([*arguments, "export=never"]) == 0
    check_whole(find_run("latest", HERE.outputs))
    assert (find_run("latest", HERE.outputs) / "plots" / "equity.png").exists()


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (ZeroDivisionError("float division by zero"), None, "ZeroDivisionError: float division by zero"),
        (ContractError("promotion: the bundle differs"), exit_codes.UNFORESEEN, "promotion: the bundle differs"),
    ],
)
def test_a_promotion_that_raises_loses_nothing_and_can_be_made_later(
    error: Exception,
    code: int | None,
    reason: str,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def raises(*_: Any, **__: Any) -> Any:
        folder = find_run("latest", HERE.outputs)
        assert read(folder, "manifest")["state"] == "finished"
        assert read(folder, "gates")["passed"]
        assert "Candidate" in (folder / "report.html").read_text()
        raise error

    arguments = command(2, 560, vault="2020-01-01")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "promote", raises)
        if code is None:
            with pytest.raises(ZeroDivisionError):
                main(arguments)
        else:
            assert main(arguments) == code
    folder = find_run("latest", HERE.outputs)
    manifest = read(folder, "manifest")
    assert (manifest["state"], manifest["broken"]) == ("failed", [f"promotion: {reason}"])
    assert manifest["promotion"] == {"state": "failed", "reason": reason}
    assert record_of(folder, HERE.registry).state == "failed"
    assert read(folder, "gates")["passed"]
    assert "Failed" in (folder / "report.html").read_text()
    printed = " ".join(capsys.readouterr().err.split())
    assert "FAILED: Parts of the run broke: 1 (see below). Candidate: All" in printed
    assert versions(HERE.registry, "drift") == []
    assert main(["promote", folder.name]) == 0
    assert versions(HERE.registry, "drift") == [1]
    assert read(folder, "promotion")["state"] == "promoted"
    assert read(folder, "manifest")["bundle"] == str(Path("outputs") / "registry" / "drift" / "1")
    mended = read(folder, "manifest")
    assert mended["state"] == "finished"
    assert {"broken", "promotion"} & set(mended) == set()
    undone = {name: manifest[name] for name in ("state", "broken", "promotion", "bundle")}
    assert {**mended, **undone} == manifest
    report = (folder / "report.html").read_text()
    assert "Failed" not in report
    assert reason not in report
    assert main(["verify"]) == 0
