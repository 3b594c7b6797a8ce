"""The report says what the checks of the bars found, and that they found nothing."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from components.values import Finding
from runner.recording.run_folder import RunFolder
from runner.report.page import render
from runner.report.words import words

BuildRun = Callable[..., Path]
FINDING = Finding(
    check="ohlc",
    count=47,
    symbol="VIX",
    timestamp="1992-02-11 00:00:00",
    example="vix.csv: open 19.24 lies outside low 17.61 and high 18.57: symbol VIX, 1992-02-11 00:00:00",
    action="repaired",
)


def test_findings_stand_in_a_table_and_among_the_cautions(build_run: BuildRun) -> None:
    run = RunFolder.open(build_run("level", quality=[asdict(FINDING)]))
    page = render(run, {})
    assert (
        '<tr><th scope="row"><code>ohlc</code></th><td class="right">47</td><td>repaired</td>'
        f'<td class="words">{FINDING.example}</td></tr>'
    ) in page
    said = "The checks of the bars found: ohlc (47 repaired); see Data quality."
    assert said in words(run.manifest, run.gates).cautions


def test_nothing_found(build_run: BuildRun) -> None:
    run = RunFolder.open(build_run("level", quality=[]))
    assert "the checks of the bars before the vault found nothing." in render(run, {})
    assert not any("Data quality" in caution for caution in words(run.manifest, run.gates).cautions)


def test_a_run_from_before_there_were_checks(build_run: BuildRun) -> None:
    assert 'id="quality"' not in render(RunFolder.open(build_run("level")), {})
