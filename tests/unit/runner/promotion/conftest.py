"""A small run to promote: the S&P 500's volatility by ridge regression, gated, with a vault."""

import json
import shutil
from pathlib import Path

import pytest

from harness import copied
from runner.cli import main

RUN = ("+experiment=sp500_volatility", "model=ridge", "tracking=none", "baselines=naive")
PRESET = ("~gates.checks.beats_har", "gates.checks.vault_not_worse.required=true")
HIGH = "{_target_: components.gates.metric.MetricGate, metric: vault/r2, minimum: 0.99, maximum: null, required: true}"
DEFLATED = (
    "{_target_: components.gates.deflated_skill.DeflatedSkill, statistic: loss, baseline: last_value, "
    "probability: 0.99999, required: true}"
)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with finished runs: `good` passed its gates, `bad` was rejected, `other` is another model,
    `doomed` has a gate that no vault can pass, `open` has no vault and another market, of which nothing is kept from
    the others, `unpaid` a gate that its portfolio fails, and `deflated`, the first of all, has a gate that counts
    tries. None was promoted here, but the store holds what promoting computes: certificates take longest."""
    folder = tmp_path_factory.mktemp("promotion")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ASSAY_LEDGER", str(folder / "ledger.sqlite"))
        common = (*RUN, *PRESET, "export=never")
        assert main([*common, "model.penalty=20.0", f"+gates.checks.deflated={DEFLATED}"]) == 0
        _keep("deflated")
        assert main([*common]) == 0
        _keep("good")
        assert main([*common, "model.penalty=5.0"]) == 0
        _keep("other")
        assert main([*common, "gates.checks.explains_variance.minimum=0.99"]) == 0
        _keep("bad")
        assert main([*common, f"+gates.checks.high={HIGH}"]) == 0
        _keep("doomed")
        unkept = ("split.vault_start=null", "gates.checks.vault_not_worse.required=false", "data.dataset=nasdaq")
        assert main([*common, *unkept]) == 0
        _keep("open")
        assert main([*common, "gates.checks.exposure_skill.required=true"]) == 0
        _keep("unpaid")
    elsewhere = copied(folder, tmp_path_factory.mktemp("promoted") / "place")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)
        patch.setenv("ASSAY_LEDGER", str(elsewhere / "ledger.sqlite"))
        for name in ("good", "other", "open", "unpaid"):
            assert main(["promote", json.loads(Path("names", f"{name}.json").read_text())]) == 0
    shutil.rmtree(folder / "outputs" / "store")
    (elsewhere / "outputs" / "store").rename(folder / "outputs" / "store")
    return folder


def _keep(name: str) -> None:
    Path("names").mkdir(exist_ok=True)
    (Path("names") / f"{name}.json").write_text(json.dumps(str(Path("outputs/latest").resolve().name)))


@pytest.fixture
def place(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work in: runs, a warm store, a ledger of its own and no registry."""
    copied(finished, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "place" / "ledger.sqlite"))
    return tmp_path / "place"


@pytest.fixture
def run_id(finished: Path):
    """run_id(name): of a finished run."""
    return lambda name: json.loads((finished / "names" / f"{name}.json").read_text())


@pytest.fixture
def doomed() -> list[str]:
    """The command line of a run with a gate that no vault can pass."""
    return [*RUN, *PRESET, f"+gates.checks.high={HIGH}"]
