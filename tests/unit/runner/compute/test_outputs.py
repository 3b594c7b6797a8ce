"""Several outputs, windows of rows and fits that depend on each other, from bars to a certified replay."""

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.errors import DataError
from runner.bundle.certificate import certification
from runner.composition.configure import configure
from runner.compute.pipeline import execute, prepare
from runner.compute.stage import Cache
from runner.console import Console
from runner.judging.evidence import gather
from runner.storage.store import Store

BARS = 420


@pytest.fixture(scope="module")
def bars(tmp_path_factory) -> Path:
    """Four symbols: one with holes, one that leaves the universe for a while, one that joins late."""
    rng = np.random.default_rng(3)
    days = pd.bdate_range("2015-01-01", periods=BARS)
    rows = []
    for symbol in range(4):
        volatility = 0.01 * np.exp(0.5 * np.sin(np.arange(BARS) / 40 + symbol))
        close = 100 * np.exp(np.cumsum(rng.normal(size=BARS) * volatility))
        for bar in range(BARS):
            if (symbol == 3 and bar < 200) or (symbol == 1 and bar % 37 < 2):
                continue
            inside = float(not (symbol == 2 and 240 <= bar < 290))
            spread = 1 + 0.3 * volatility[bar]
            prices = (close[bar], close[bar] * spread, close[bar] / spread, close[bar])
            rows.append((f"S{symbol}", days[bar], *prices, 1000.0 + rng.integers(100), inside))
    path = tmp_path_factory.mktemp("bars") / "bars.csv"
    columns = ["symbol", "timestamp", "open", "high", "low", "close", "volume", "in_universe"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def computed(bars, folder, *overrides):
    experiment, _ = configure(
        [
            "name=small",
            "data=files",
            f"data.path={bars}",
            "data.symbol_column=symbol",
            "data.time_column=timestamp",
            "features=volatility",
            "baselines=naive",
            "gates=deployment",
            "split.vault_start=null",
            "resources.threads=1",
            *(["split.n_folds=2"] if not any("split=" in override for override in overrides) else []),
            *overrides,
        ]
    )
    cache = Cache(store=Store(folder / "store"), progress=Console(io.StringIO()))
    prepared = prepare(experiment, cache)
    return experiment, prepared, execute(experiment, prepared, cache), cache


SMALL = ["model=lightgbm", "model.n_estimators=8"]
RETURNS = ["target=forward_returns", "portfolio=return_sign"]
CASES = {
    "quantiles": [*SMALL, "loss=quantile", "loss.levels=[0.5,0.9]"],
    "quantiles within adaptive intervals": [*SMALL, "loss=quantile", "calibration=adaptive_conformal"],
    "horizons": ["model=ridge", *RETURNS],
    "quantiles of horizons": [*SMALL, *RETURNS, "loss=quantile", "preprocess=zscore"],
    "window": ["model=autoregression", "preprocess=zscore"],
    "window beside others": ["model=autoregression", "model.window_rows=6", "preprocess=cross_section"],
    "window of horizons": ["model=autoregression", "model.window_rows=5", *RETURNS, "ensemble=blend"],
    "pooled": [*SMALL, "model.warm_start=pooled", "model.shared_bins=true", "preprocess=zscore"],
    "previous fold": [*SMALL, "model.warm_start=previous_fold", "ensemble=bagging", "ensemble.n_members=2"],
}


@pytest.mark.parametrize("case", CASES)
def test_the_bundle_forecasts_and_orders_what_the_run_did(bars, tmp_path, case):
    experiment, prepared, executed, cache = computed(bars, tmp_path, *CASES[case])
    found = certification(experiment, prepared, executed, cache).value
    certificate = found.certificate
    assert certificate.forecasts == executed.forecasts.is_test_M.sum() > 200
    assert certificate.missing == certificate.beyond_tolerance == certificate.differing_orders == 0
    assert certificate.stream_differing_orders == 0
    assert found.parity["stream"]["missing_forecasts"] == 0
    made = executed.walked.value
    asked = experiment.loss.head.outputs(prepared.labels.horizons)
    assert made.outputs == asked
    assert made.values_MO.shape[1] == len(asked)
    figures = gather(experiment, prepared, executed, cache).metrics.value
    owners = {name.split("/")[2] for name in figures if name.startswith("test/output/")}
    outputs = executed.forecasts.outputs
    assert owners == {output.name for output in outputs.columns if output is not outputs.decided}


def test_quantiles_are_scored_one_by_one(bars, tmp_path):
    experiment, prepared, executed, cache = computed(bars, tmp_path, *CASES["quantiles"])
    figures = gather(experiment, prepared, executed, cache).metrics.value
    test = executed.forecasts.is_test_M
    outcome_M = prepared.labels.y_R[executed.forecasts.row_M[test]]
    known_M = np.isfinite(outcome_M)
    for place, (prefix, level) in enumerate([("test/", 0.5), ("test/output/target.quantile_0.9/", 0.9)]):
        error_M = (outcome_M - executed.forecasts.values_MO[test][:, place])[known_M]
        expected = np.where(error_M >= 0, level * error_M, (level - 1) * error_M).mean()
        assert figures[f"{prefix}pinball"] == pytest.approx(expected)
        assert figures[f"{prefix}share_below"] == pytest.approx((error_M <= 0).mean())
    assert not any(name.endswith("/r2") for name in figures if "output" in name)
    assert "test/last_value/r2" in figures
    assert "test/last_value/pinball" not in figures


def test_the_purge_is_as_long_as_the_longest_horizon(bars, tmp_path):
    _, prepared, _, _ = computed(bars, tmp_path, *CASES["horizons"])
    labels, panel = prepared.labels, prepared.panel
    assert dict(labels.horizons) == {"h1": 2, "h5": 6, "h20": 21}
    for fold in prepared.folds:
        assert np.isfinite(labels.y_RK[fold.train_rows]).all()
        for code in range(len(panel.symbols)):
            own = np.flatnonzero(panel.symbol_codes_R == code)
            rows = np.intersect1d(fold.train_rows, own)
            ends = panel.timestamps_R[rows + 21]
            assert (ends <= fold.span.valid[0][0]).all()


def test_the_first_test_row_reads_rows_of_the_validation_span(bars, tmp_path):
    experiment, prepared, executed, _ = computed(bars, tmp_path, *CASES["window"])
    design = prepared.design(experiment)
    rows = experiment.model.window_rows
    for fold in prepared.folds:
        codes = prepared.panel.symbol_codes_R[fold.test_rows]
        for code in np.unique(codes):
            first = fold.test_rows[codes == code][0]
            past = np.flatnonzero(design.ready_R & (prepared.panel.symbol_codes_R == code))
            window = past[past <= first][-rows:]
            if code != 3:
                assert (prepared.panel.timestamps_R[window[:-1]] < fold.span.test[0][0]).sum() == rows - 1
    assert np.isfinite(executed.forecasts.values_MO).all()


@pytest.mark.parametrize("case", ["pooled", "previous fold"])
def test_a_fold_that_was_lost_is_fitted_alone_and_to_the_same_bytes(bars, tmp_path, case):
    _, _, executed, _ = computed(bars, tmp_path, *CASES[case])
    executed.walked.fit()
    whole = [dict(fit.value) for fit in executed.walked.fits]
    entries = {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("*") if path.is_file()}
    lost = executed.walked.fits[-1].key
    gone = [path for path in (tmp_path / "store").rglob(f"*{lost}*") if path.is_dir()]
    assert len(gone) == 1
    shutil.rmtree(gone[0])
    _, _, again, _ = computed(bars, tmp_path, *CASES[case])
    again.walked.fit()
    assert [dict(fit.value) for fit in again.walked.fits] == whole
    kept = {path: when for path, when in entries.items() if lost not in str(path) and path.suffix != ".json"}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_how_many_fits_run_at_once_changes_no_byte(bars, tmp_path):
    fits = []
    for number, resources in enumerate((["resources.workers=1"], ["resources.threads=0", "resources.workers=2"])):
        _, _, executed, _ = computed(bars, tmp_path / str(number), *CASES["pooled"], *resources)
        assert executed.walked.workers == number + 1
        executed.walked.fit()
        fits.append([dict(fit.value) for fit in executed.walked.fits])
    assert fits[0] == fits[1]


def test_a_fold_never_starts_from_one_that_saw_what_it_is_tested_on(bars, tmp_path):
    split = ["split=combinatorial_purged", "split.n_groups=4", "split.n_test_groups=1"]
    case = [override for override in CASES["previous fold"] if "ensemble" not in override]
    _, _, executed, _ = computed(bars, tmp_path, *case, *split)
    with pytest.raises(DataError) as error:
        executed.walked.fit()
    assert str(error.value) == (
        "split: fold 1 cannot start from a fold before it, which trains on what comes after fold 1 begins to be "
        "validated or tested; choose split=walk_forward, or a model whose folds start from nothing"
    ).replace("fold 1", "fold 2")
