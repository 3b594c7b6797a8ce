"""Panels of open to volume go all the way: run, certificate, promotion, predict, bar by bar."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from runner.bundle.reader import Bundle
from runner.bundle.registry import find
from runner.bundle.stream import Stream
from runner.cli import main
from runner.composition.configure import configure
from runner.recording.run_folder import find_run
from runner.specification.places import HERE
from unit.runner.conftest import FEATURES, TWO_FIELDS

UNBELIEVABLE = "gates.checks.plausible.required=false"
"""These prices drift as no market does."""
CASES = {
    "two": (2, 560, {"vault": "2020-01-01"}, ()),
    "two, strict": (2, 900, {"vault": "2021-03-01"}, ("gates=strict", UNBELIEVABLE)),
    "two, deployment": (2, 400, {}, ("gates=deployment",)),
    "two fields": (2, 400, {"features": TWO_FIELDS}, ("gates=deployment",)),
    "who come and go": (3, 560, {"member": True}, ("gates=deployment",)),
    "31": (31, 300, {"vault": "2019-02-01"}, ("gates=deployment",)),
}


FIRST = ("two, strict", "who come and go")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in FIRST else [pytest.mark.slow]) for n in CASES])
def test_a_panel_is_promoted_and_its_bundle_streams(
    name: str, command: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    symbols, bars, how, more = CASES[name]
    arguments = command(symbols, bars, *more, **how)
    assert main(arguments) == 0, capsys.readouterr()
    run = find_run("latest", HERE.outputs)
    manifest, gates = (json.loads((run / f"{file}.json").read_text()) for file in ("manifest", "gates"))
    assert manifest["state"] == "finished"
    if "gates=deployment" in more:  # which judges no skill, and promotes nothing by itself
        assert gates["level"] == "rejected"
        assert main(["promote", "latest", "--override", "what is tested is the export"]) == 0
    else:
        assert gates["passed"]
    assert "broken" not in manifest
    judged = {gate["name"]: gate["status"] for gate in gates["gates"]}
    if more:
        assert judged["bundle_parity"] == "passed"
    folder = find("drift", HERE.registry)
    if "gates=strict" in more:
        judged_there = json.loads((folder / "gates.json").read_text())
        assert (judged_there["level"], find("drift@candidate", HERE.registry)) == ("candidate", folder)
        assert judged_there["loosened"] == ["plausible: required is false, and true in strict"]
    parity = json.loads((folder / "parity.json").read_text())
    assert parity["passed"]
    assert parity["stream"]["passed"]
    panel = configure(arguments)[0].data.load()
    bundle = Bundle.open(folder)
    batch = bundle.forecast(panel)
    assert set(batch.symbols_M) == set(panel.symbols)
    expected_R = np.full(panel.n_rows, np.nan)
    expected_R[batch.row_M] = batch.forecast_M
    one, together = (Stream.open(bundle, panel.before(panel.dates_T[-5])) for _ in range(2))
    for date in panel.dates_T[-5:]:
        rows = np.flatnonzero(panel.timestamps_R == date)
        bar_of = {
            panel.symbols[panel.symbol_codes_R[row]]: {field: float(panel.fields[field][row]) for field in panel.fields}
            for row in rows
        }
        pushed = [one.push(symbol, date, values) for symbol, values in bar_of.items()]
        decided = together.push_date(date, bar_of)
        # A matrix product of few rows may add in another order than one of many.
        np.testing.assert_allclose(pushed, expected_R[rows], rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(decided.forecast_S, expected_R[rows], rtol=1e-5, atol=1e-9)
        assert decided.weight_S is not None
    capsys.readouterr()
    if not how.get("member"):
        assert main(["predict", "--bundle", "drift", "--data", "bars.csv"]) == 0
        assert len(capsys.readouterr().out.strip().splitlines()) == 1 + symbols
    assert main(["verify"]) == 0


def test_the_market_has_open_to_volume(command: Callable[..., list[str]], place: Path) -> None:
    command(2, 30, features=FEATURES)
    assert (place / "bars.csv").read_text().startswith("symbol,date,open,high,low,close,volume\n")
