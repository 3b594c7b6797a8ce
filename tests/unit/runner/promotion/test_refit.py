"""What the folds' validation rows decided is scaled, fixed, and enough to fit without any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.ensemble.bagging import Bagging
from components.ensemble.blend import Blend
from components.loss.squared import Squared
from components.model.lightgbm import LightGBM
from components.model.naive import Naive
from components.model.ridge import Ridge
from components.values import Samples, Span
from harness import resources
from runner.compute.pipeline import Prepared
from runner.promotion.deploy import scaled
from runner.promotion.vault import identity_of, vault_fold
from runner.specification.places import Places

RNG = np.random.default_rng(0)
TREES = {**LightGBM.examples()[1], "n_estimators": 200, "early_stopping_rounds": 3}


def samples(rows: int) -> Samples:
    X_NF = RNG.normal(size=(rows, 3)).astype(np.float32)
    return Samples.of(
        X_NF=X_NF,
        y_N=X_NF[:, 0] * 1.0 + RNG.normal(size=rows),
        columns=("a", "b", "last_label"),
        timestamps_N=np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(1, "D"),
        symbols_N=np.zeros(rows, dtype=np.int32),
    )


def fit(model, train, valid):
    own = model.inputs(("a", "b"))
    return model.fit(train.select(own), valid.select(own), loss=Squared(), seed=1, resources=resources())


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(10, 5000)), min_size=1, max_size=9), st.integers(10, 9000))
def test_iterations_grow_with_the_rows_and_the_rest_is_averaged(folds, rows) -> None:
    chosen = [{"m/iterations": float(n), "m/weight": float(n % 7)} for n, _ in folds]
    found = scaled(chosen, [size for _, size in folds], rows)
    ratios = sorted(n * rows / size for n, size in folds)
    middle = len(ratios) // 2
    median = ratios[middle] if len(ratios) % 2 else (ratios[middle - 1] + ratios[middle]) / 2
    assert found["m/iterations"] == max(1, round(median)) or abs(found["m/iterations"] - median) == pytest.approx(0.5)
    assert found["m/weight"] == pytest.approx(sum(n % 7 for n, _ in folds) / len(folds))


def test_trees_that_stopped_early_say_how_many_and_can_be_told() -> None:
    train, valid, nothing = samples(300), samples(100), samples(0)
    model = LightGBM(**TREES)
    stopped = fit(model, train, valid)
    (count,) = stopped.chosen().values()
    assert 1 <= count < 200
    fixed = fit(model.with_chosen(stopped.chosen()), train, nothing)
    assert fixed.chosen() == {}
    assert np.array_equal(*(each.predict(valid.select(("a", "b"))) for each in (fixed, stopped)))


def test_a_fixed_number_of_trees_stays_fixed() -> None:
    model = LightGBM(**LightGBM.examples()[0])
    assert model.with_chosen({"iterations": 7.0}) == model
    assert fit(model, samples(200), samples(50)).chosen() == {}


@pytest.mark.parametrize("kind", ["bagging", "blend"])
def test_an_ensemble_passes_it_on(kind) -> None:
    if kind == "bagging":
        ensemble = Bagging(n_members=2, sample_fraction=0.8, block_bars=10)
    else:
        members = {"ridge": Ridge(penalty=1.0), "last": Naive(method="last_value")}
        ensemble = Blend(models=members, weighting="inverse_mse")
    model = ensemble.around(LightGBM(**TREES))
    train, valid, nothing = samples(300), samples(100), samples(0)
    first = fit(model, train, valid)
    again = fit(model.with_chosen(first.chosen()), train, nothing)
    read = valid if kind == "blend" else valid.select(("a", "b"))
    assert np.allclose(again.predict(read), first.predict(read), atol=1e-6)
    restored = model.from_files(first.to_files())
    assert restored.chosen() == first.chosen()
    names = set(first.chosen())
    assert {name for name in names if name.endswith("iterations")}
    assert all(value > 0 for value in first.chosen().values())


def test_the_vaults_fold_follows_the_last_one(vaulted) -> None:
    """Against a slow count: as many validation times, right before the vault; rolling windows keep their length."""
    for window in ("expanding", "rolling"):
        experiment, prepared, everything = vaulted(f"split.window={window}")
        fold = vault_fold(experiment, prepared, everything)
        last = prepared.folds[-1]
        start = np.datetime64("2017-01-01")
        assert fold.span.valid[0][1] == fold.span.test[0][0] == start
        assert abs(times(everything, fold.span, "valid") - times(prepared, last.span, "valid")) == 0
        if window == "rolling":
            assert times(everything, fold.span, "train") == times(prepared, last.span, "train")
        else:
            assert fold.span.train[0][0] == prepared.folds[0].span.train[0][0]
        ends = everything.labels.label_end_R
        assert (ends[fold.train_rows] <= fold.span.valid[0][0]).all()
        assert (ends[fold.valid_rows] <= start).all()
        assert (everything.panel.timestamps_R[fold.test_rows] >= start).all()


def times(prepared: Prepared, span: Span, part: str) -> int:
    ((begin, end),) = getattr(span, part)
    ready_R = np.isfinite(prepared.table.values_FR).all(axis=0)
    return len({t for t in prepared.panel.timestamps_R[ready_R].tolist() if begin.item() <= t_of(t) < end.item()})


def t_of(microseconds: int):
    return np.datetime64(microseconds, "us").item()


@pytest.fixture
def vaulted(place):
    import io

    from runner.composition.configure import configure
    from runner.compute import pipeline
    from runner.console import Console
    from runner.promotion.vault import prepare_all

    def make(*overrides: str):
        cache = pipeline.open_cache(Places(outputs=place / "outputs"), Console(io.StringIO()))
        experiment, _ = configure(["+experiment=sp500_volatility", "model=ridge", "tracking=none", *overrides])
        prepared = pipeline.prepare(experiment, cache)
        return experiment, prepared, prepare_all(experiment, cache)

    return make


def test_a_vault_that_rolls_is_the_last_so_many_times(vaulted) -> None:
    experiment, prepared, everything = vaulted("split.vault_start='last 504 bars'")
    stamps = everything.panel.dates_T
    assert prepared.vault_begins == stamps[-504] == np.datetime64("2016-12-29")
    assert prepared.panel.dates_T[-1] == stamps[-505]
    fold = vault_fold(experiment, prepared, everything)
    assert fold.span.test[0][0] == stamps[-504]
    family = identity_of(experiment, horizon_bars=5)
    assert (family.first, family.last) == (stamps[-504].item().date(), stamps[-1].item().date())
    fixed, _, _ = vaulted("split.vault_start='2016-12-29'")
    assert identity_of(fixed, horizon_bars=5) == family


def test_the_vaults_fold_after_folds_that_trained_on_the_future(vaulted) -> None:
    """Everything before the vault: nothing rolls, and one stretch of as many times validates."""
    vault = "split.vault_start='last 504 bars'"
    experiment, prepared, everything = vaulted("split=combinatorial_purged", "split.n_groups=4", vault)
    fold = vault_fold(experiment, prepared, everything)
    begins, first = prepared.vault_begins, prepared.folds[-1]
    assert fold.span.train[0][0] == first.span.train[0][0]
    assert fold.span.valid[-1][1] == fold.span.test[0][0] == begins
    assert times(everything, fold.span, "valid") == times(prepared, first.span, "valid")
    assert set(fold.test_path_N.tolist()) == {1}


def test_symbols_that_are_held_out_stay_so_in_the_vault(vaulted) -> None:
    us20 = ("experiment=us20_momentum", "split=held_out_symbols", "split.n_folds=2", "split.vault_start='2021-01-01'")
    listed = vaulted(*us20, "split.held_out=[AAPL,AMD]")
    fold = vault_fold(*listed)
    codes = listed[2].panel.symbol_codes_R
    assert {listed[2].panel.symbols[code] for code in codes[fold.test_rows]} == {"AAPL", "AMD"}
    assert not {"AAPL", "AMD"} & {listed[2].panel.symbols[code] for code in codes[fold.train_rows]}
    grouped = vaulted(*us20, "split.held_out=3")
    assert len(set(codes[vault_fold(*grouped).test_rows])) == len(grouped[2].panel.symbols)
