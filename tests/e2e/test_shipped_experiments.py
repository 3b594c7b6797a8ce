"""Every shipped experiment, end to end: what it leaves behind and what its verdict says."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import docs
import runs
from components.errors import ConfigError
from harness import EXPERIMENTS, SELF_CONTAINED, SHOWN, Shipped, in_fork, needs_its_data, outside_file
from runner.composition.configure import configure
from runner.composition.places import config_folder

FILES = {
    "config.yaml", "manifest.json", "forecasts.parquet", "weights.parquet", "trades.parquet",
    "equity.parquet", "metrics.json", "gates.json", "junit.xml", "report.html",
}  # fmt: skip

# Those of the README, and in the slow tests the others of bundled data, and one of other data.
SHIPPED = [
    *SHOWN,
    *(pytest.param(name, marks=pytest.mark.slow) for name in (*SELF_CONTAINED, "xagusd_hourly") if name not in SHOWN),
]
STUDIES = sorted(str(page.relative_to(docs.ROOT)) for page in (docs.ROOT / "experiments").glob("*/README.md"))


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in SHOWN])
def test_passes_its_check(name: str) -> None:
    needs_its_data(name)
    experiment, _ = configure([f"+experiment={name}"])
    assert experiment.name == name


def test_an_experiment_on_other_data_says_in_one_line_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = [name for name in EXPERIMENTS if name not in SELF_CONTAINED]
    assert len(outside) >= 5
    for name in ("semis_momentum", "us_sectors_reversal", "xagusd_hourly"):  # plain, joined, resampled
        monkeypatch.delenv("ASSAY_DATA", raising=False)
        with pytest.raises(ConfigError) as caught:
            configure([f"+experiment={name}"])
        assert str(caught.value) == (
            f"data: {outside_file(name)}: ASSAY_DATA is not set: it names the folder that holds this file, which is "
            "not part of the product; set it, as in ASSAY_DATA=~/data"
        )


def test_nothing_names_a_folder_beside_the_product() -> None:
    """Data that may not be shipped lie where ASSAY_DATA says."""
    root = config_folder().parent
    texts = [*root.glob("src/**/*.py"), *root.glob("conf/**/*.yaml"), *root.glob("docs/**/*.md"), root / "README.md"]
    assert len(texts) > 300
    assert not [str(path) for path in texts if "../shared" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", SHIPPED)
def test_leaves_a_complete_run_folder(name: str, shipped: Shipped) -> None:
    _, run = shipped(name)
    assert {path.name for path in run.folder.iterdir()} >= FILES
    assert len(list((run.folder / "plots").glob("*.png"))) >= 4
    manifest = run.json("manifest")
    assert manifest["state"] == "finished"
    assert manifest["experiment"] == name
    assert manifest["run_id"].endswith(manifest["run_key"][:8])
    assert manifest["trial"]["counted"]
    assert manifest["trial"]["number"] >= 1
    assert manifest["ledger_head"]
    assert manifest["versions"]["hydra-core"]
    assert {stage["name"] for stage in manifest["stages"]} >= {"panel", "features", "target", "forecast"}


@pytest.mark.parametrize("name", SHIPPED)
def test_gates_and_junit_agree(name: str, shipped: Shipped) -> None:
    _, run = shipped(name)
    gates = run.json("gates")
    assert {"level", "passed", "forecast", "portfolio", "weights", "no_better_than", "standing"} <= set(gates)
    for gate in gates["gates"]:
        assert {"name", "status", "required", "value", "threshold", "says", "suffices", "of", "relation"} <= set(gate)
        assert not gate["broken"]
        assert (gate["relation"] in (">=", "<=")) == (gate["threshold"] is not None and gate["value"] is not None)
        assert gate["status"] in ("passed", "failed", "not_applicable", "deferred")
        assert gate["says"].endswith(gate["suffices"])
        assert len(gate["says"]) > 20
    failed = [g["name"] for g in gates["gates"] if g["required"] and g["status"] == "failed"]
    rejects = [g["name"] for g in gates["gates"] if g["name"] in failed and g["of"] != "portfolio"]
    assert gates["passed"] == (gates["level"] != "rejected") == (not rejects)
    assert gates["weights"] == (gates["portfolio"] in ("passed", "not judged"))
    cases = ElementTree.parse(run.folder / "junit.xml").getroot()
    assert [c.get("name") for c in cases if c.find("failure") is not None] == failed


@pytest.mark.parametrize("name", SHIPPED)
def test_forecasts_are_out_of_sample_and_nothing_reaches_into_the_vault(name: str, shipped: Shipped) -> None:
    _, run = shipped(name)
    forecasts, manifest = run.table("forecasts"), run.json("manifest")
    vault = np.datetime64(manifest["data"]["vault_start"])
    for table, column in (("forecasts", "timestamp"), ("forecasts", "label_end"), ("equity", "timestamp")):
        assert run.table(table)[column].max() < vault
    test = forecasts[forecasts["span"] == "test"]
    assert not test.duplicated(["timestamp", "symbol"]).any()
    for fold, part in forecasts.groupby("fold"):
        span = manifest["folds"][fold - 1]
        valid, scored = part[part["span"] == "valid"], part[part["span"] == "test"]
        assert valid["label_end"].max() <= scored["timestamp"].min()
        assert scored["timestamp"].min() == np.datetime64(span["test"][0][0])


@pytest.mark.parametrize("name", SHIPPED)
def test_books_balance(name: str, shipped: Shipped) -> None:
    _, run = shipped(name)
    equity, trades = run.table("equity"), run.table("trades")
    np.testing.assert_allclose(equity["cash"] + equity["positions_value"], equity["equity"], rtol=1e-12)
    np.testing.assert_allclose(trades["cost_commission"].sum(), equity["cost_commission"].sum(), rtol=1e-9)
    assert np.isfinite(equity["benchmark_return"]).all()


def test_volatility_is_a_candidate_that_beats_its_best_baseline(shipped: Shipped, shipped_folder: Path) -> None:
    process, run = shipped("sp500_volatility")
    assert "CANDIDATE" in process.stdout
    gates = run.json("gates")
    assert (gates["level"], gates["no_better_than"]) == ("candidate", None)
    assert run.json("metrics")["test/r2"] > run.json("metrics")["test/har/r2"]
    assert run.json("metrics")["test/r2"] > run.json("metrics")["test/last_value/r2"]
    bundle = shipped_folder / run.json("manifest")["bundle"]
    assert (bundle / "model.onnx").is_file()
    assert "Bundle  outputs/registry/sp500_volatility/1" in process.stdout


def test_direction_is_rejected_in_plain_words(shipped: Shipped, shipped_folder: Path) -> None:
    process, run = shipped("sp500_direction")
    assert "REJECTED" in process.stdout
    assert "would suffice" in process.stdout
    assert not run.json("gates")["passed"]
    assert run.json("manifest")["bundle"] is None
    assert not (shipped_folder / "outputs" / "registry" / "sp500_direction").exists()


def test_momentum_says_that_its_universe_was_picked_with_hindsight(shipped: Shipped) -> None:
    process, run = shipped("us20_momentum")
    assert "picked with hindsight" in " ".join(process.stdout.split())
    assert "picked with hindsight" in (run.folder / "report.html").read_text()


def test_trials_on_the_same_data_are_counted_together(shipped: Shipped) -> None:
    first, second = (shipped(name)[1].json("manifest")["trial"] for name in ("sp500_volatility", "sp500_direction"))
    other = shipped("us20_momentum")[1].json("manifest")["trial"]
    assert first["number"] != second["number"]
    assert max(first["family_trials"], second["family_trials"]) >= 2
    assert other["number"] == other["family_trials"] == 1


def run_forked(folder: Path, environment: dict[str, str], *arguments: str) -> None:
    done = in_fork(folder, environment, None, *arguments)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "pages",
    [pytest.param(["README.md"], id="readme"), pytest.param(STUDIES, id="studies", marks=pytest.mark.slow)],
)
def test_each_page_replayed_on_an_empty_ledger_shows_its_figures(
    pages: list[str], copied: Callable[..., Path], tmp_path: Path
) -> None:
    """In the order of the page, with runs and a ledger of its own."""
    commands = {command for page in pages for command in runs.commands(docs.ROOT / page)}
    folder = copied(*sorted({experiment for experiment, *_ in commands}))
    for page in (docs.ROOT / page for page in pages):
        outputs = docs.outputs_of(page, tmp_path)
        outputs.mkdir(parents=True)
        (outputs / "store").symlink_to(folder / "outputs" / "store")
        runs.replay(page, outputs, run_forked)
        shown = page.read_text(encoding="utf-8")
        assert docs.rewritten(shown, outputs) == shown, f"{page}: stale; run make docs"
