"""Every calibration against a slow reference, and what all of them promise."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from components.calibration.conformal import Conformal
from components.calibration.isotonic import Isotonic
from components.calibration.linear import Linear
from components.calibration.none import NoCalibration
from components.calibration.platt import TINY, Platt
from components.contracts import Calibration
from components.errors import DataError
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path

BUILT = [
    build(Calibration, {"_target_": class_path(cls), **example})
    for cls in catalogue().values()
    if issubclass(cls, Calibration)
    for example in cls.examples()
]
SEEDS = st.integers(0, 10_000)


def name(each):
    return repr(each)[:60]


def rows(calibration, n=200, seed=0):
    """Forecasts with ties that say something of their outcomes, of the kind that the calibration takes."""
    rng = np.random.default_rng(seed)
    if "level" not in calibration.forecast_kind:
        p_N = np.round(rng.uniform(0.05, 0.95, n), 2)
        return p_N, (rng.random(n) < 0.3 + 0.4 * p_N).astype(float)
    f_N = np.round(rng.normal(size=n), 2)
    return f_N, 0.3 + 0.6 * f_N + rng.normal(size=n)


# --- what all of them promise


@pytest.mark.parametrize("calibration", BUILT, ids=name)
def test_what_is_written_down_forecasts_the_same_bits(calibration):
    f_N, y_N = rows(calibration)
    fitted = calibration.fit(f_N, y_N)
    restored = calibration.restore(json.loads(json.dumps(fitted.state(), allow_nan=False)))
    new_N = np.concatenate([f_N, np.linspace(f_N.min() - 1, f_N.max() + 1, 999)])
    ours, theirs = fitted.apply(new_N), restored.apply(new_N)
    assert ours.forecast_N.tobytes() == theirs.forecast_N.tobytes()
    assert (ours.lower_N is None) == (calibration.interval_coverage() is None)
    if ours.lower_N is not None:
        assert ours.lower_N.tobytes() == theirs.lower_N.tobytes()
        assert ours.upper_N.tobytes() == theirs.upper_N.tobytes()
    assert restored.state() == fitted.state()


@pytest.mark.parametrize("calibration", BUILT, ids=name)
def test_a_forecast_is_calibrated_from_itself_alone(calibration):
    f_N, y_N = rows(calibration)
    fitted = calibration.fit(f_N, y_N)
    one_by_one = np.array([fitted.apply(f_N[i : i + 1]).forecast_N[0] for i in range(len(f_N))])
    assert one_by_one.tobytes() == fitted.apply(f_N).forecast_N.tobytes()
    assert one_by_one[::-1].tobytes() == fitted.apply(f_N[::-1]).forecast_N.tobytes()


@pytest.mark.parametrize("calibration", BUILT, ids=name)
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, sign=st.sampled_from([1, -1]))
def test_the_order_of_forecasts_is_never_turned_round(calibration, seed, sign):
    f_N, y_N = rows(calibration, 60, seed)
    fitted = calibration.fit(f_N, y_N if sign == 1 else (1 - y_N if set(y_N) <= {0, 1} else -y_N))
    line = fitted.apply(np.linspace(f_N.min() - 0.05, f_N.max() + 0.05, 500)).forecast_N
    assert (np.diff(line) >= -1e-15).all()


@pytest.mark.parametrize("calibration", BUILT, ids=name)
def test_fitting_changes_nothing_that_it_was_given(calibration):
    f_N, y_N = rows(calibration)
    before = f_N.tobytes(), y_N.tobytes()
    first = calibration.fit(f_N, y_N).state()
    assert calibration.fit(f_N, y_N).state() == first
    assert (f_N.tobytes(), y_N.tobytes()) == before


@pytest.mark.parametrize("calibration", [each for each in BUILT if not isinstance(each, NoCalibration)], ids=name)
def test_too_few_forecasts_are_refused(calibration):
    f_N, y_N = rows(calibration, 2)
    with pytest.raises(DataError, match=r"needs at least \d+ out-of-fold forecasts, there are [012]; lengthen the"):
        calibration.fit(f_N, y_N)


def test_none_changes_nothing():
    f_N = np.array([0.1, -0.0, 3.0])
    assert NoCalibration().fit(f_N, f_N).apply(f_N).forecast_N is f_N


# --- platt


def platt_loss(f_N, y_N):
    """The penalised loss, written down from the paper."""
    n1, n0 = (y_N == 1).sum(), (y_N == 0).sum()
    t_N = np.where(y_N == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    p_N = np.clip(f_N, TINY, 1 - TINY)
    z_N = np.log(p_N / (1 - p_N))
    return lambda ab: float(np.mean(np.logaddexp(0, ab[0] + ab[1] * z_N) - t_N * (ab[0] + ab[1] * z_N)))


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(5, 300), st.floats(-3, 3), st.floats(0.1, 6))
def test_platt_finds_the_optimum_that_scipy_finds(seed, n, shift, sharpness):
    rng = np.random.default_rng(seed)
    f_N = 1 / (1 + np.exp(-sharpness * rng.normal(size=n)))
    y_N = (rng.random(n) < 1 / (1 + np.exp(-shift - rng.normal() * np.log(f_N / (1 - f_N))))).astype(float)
    loss = platt_loss(f_N, y_N)
    bounds = [(None, None), (0, None)]
    best = min(
        (minimize(loss, start, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-10}) for start in
         ([0.0, 1.0], [shift, 0.1])), key=lambda found: found.fun,
    )  # fmt: skip
    state = Platt(source="valid").fit(f_N, y_N).state()
    assert state["slope"] >= 0
    assert loss([state["intercept"], state["slope"]]) <= best.fun + 1e-9


def test_platt_undoes_a_known_distortion():
    rng = np.random.default_rng(1)
    true_N = rng.uniform(0.02, 0.98, 200_000)
    y_N = (rng.random(len(true_N)) < true_N).astype(float)
    bold_N = 1 / (1 + ((1 - true_N) / true_N) ** 2)  # log odds twice too large
    fitted = Platt(source="valid").fit(bold_N, y_N)
    assert fitted.state()["slope"] == pytest.approx(0.5, abs=0.01)
    assert np.abs(fitted.apply(bold_N).forecast_N - true_N).max() < 0.01


@pytest.mark.parametrize("n", [4, 40])
def test_platt_stays_finite_where_a_threshold_divides_ones_from_zeros(n):
    f_N = np.linspace(0.1, 0.9, n)
    fitted = Platt(source="valid").fit(f_N, (f_N > 0.5).astype(float))
    assert all(math.isfinite(value) for value in fitted.state().values())
    said_N = fitted.apply(f_N).forecast_N
    assert 0 < said_N[0] < 0.5 < said_N[-1] < 1


@pytest.mark.parametrize("y_N", [np.ones(20), np.zeros(20)])
def test_platt_of_one_label_is_nearly_but_not_quite_certain(y_N):
    said_N = Platt(source="valid").fit(np.linspace(0, 1, 20), y_N).apply(np.array([0.0, 0.5, 1.0])).forecast_N
    assert np.abs(said_N - y_N[:3]).max() == pytest.approx(1 / 22, rel=0.3)


def test_platt_without_skill_says_the_share_of_ones():
    rng = np.random.default_rng(2)
    f_N = rng.uniform(0.3, 0.7, 1000)
    y_N = (rng.random(1000) < 0.9 - 0.5 * f_N).astype(float)  # the wrong way round
    for given_N in (f_N, np.full(1000, 0.4)):
        said_N = Platt(source="valid").fit(given_N, y_N).apply(np.array([0.0, 0.3, 1.0])).forecast_N
        assert np.ptp(said_N) == 0
        assert said_N[0] == pytest.approx(y_N.mean(), abs=2e-3)


# --- isotonic


def isotonic_by_definition(f_N, y_N):
    """max over starts of min over ends of the mean, at each distinct forecast."""
    x = np.unique(f_N)
    sums = np.array([y_N[f_N == each].sum() for each in x])
    counts = np.array([(f_N == each).sum() for each in x])
    mean = lambda s, e: sums[s : e + 1].sum() / counts[s : e + 1].sum()  # noqa: E731
    return x, np.array([max(min(mean(s, e) for e in range(k, len(x))) for s in range(k + 1)) for k in range(len(x))])


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(10, 40), st.booleans())
def test_isotonic_is_the_min_max_formula_and_sklearns(seed, n, binary):
    rng = np.random.default_rng(seed)
    f_N = np.round(rng.normal(size=n), 1)
    y_N = (rng.random(n) < 0.5).astype(float) if binary else f_N + rng.normal(size=n)
    fitted = Isotonic(source="valid").fit(f_N, y_N)
    x, wanted = isotonic_by_definition(f_N, y_N)
    bounds = (1 / (n + 2), (n + 1) / (n + 2)) if binary else (-np.inf, np.inf)
    np.testing.assert_allclose(fitted.apply(x).forecast_N, np.clip(wanted, *bounds), rtol=1e-12, atol=1e-12)
    between = np.linspace(f_N.min() - 1, f_N.max() + 1, 300)
    theirs = IsotonicRegression(y_min=bounds[0], y_max=bounds[1], out_of_bounds="clip").fit(f_N, y_N)
    np.testing.assert_allclose(fitted.apply(between).forecast_N, theirs.predict(between), rtol=1e-9, atol=1e-9)


def test_isotonic_is_never_certain_of_a_direction():
    f_N = np.linspace(0, 1, 50)
    said_N = Isotonic(source="valid").fit(f_N, (f_N > 0.5).astype(float)).apply(np.array([0.0, 1.0])).forecast_N
    assert said_N.tolist() == [1 / 52, 1 - 1 / 52]


# --- linear


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(3, 80), st.floats(0, 500))
def test_linear_is_least_squares_pulled_towards_the_identity(seed, n, prior_rows):
    rng = np.random.default_rng(seed)
    f_N = rng.normal(2, 3, size=n)
    y_N = rng.normal() + rng.normal() * f_N + rng.normal(size=n)
    slope, intercept = np.polyfit(f_N, y_N, 1)
    if slope < 0:
        slope, intercept = 0.0, y_N.mean()
    state = Linear(prior_rows=prior_rows, source="valid").fit(f_N, y_N).state()
    assert state["slope"] == pytest.approx((n * slope + prior_rows) / (n + prior_rows), abs=1e-8)
    assert state["intercept"] == pytest.approx(n * intercept / (n + prior_rows), abs=1e-7)


def test_linear_of_constant_forecasts_is_the_mean_outcome():
    y_N = np.array([1.0, 2.0, 6.0])
    assert Linear(prior_rows=0.0, source="valid").fit(np.full(3, 0.1), y_N).apply(np.zeros(1)).forecast_N == 3.0


# --- conformal


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(20, 200), st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_half_width_is_the_exact_rank(seed, n, coverage):
    rng = np.random.default_rng(seed)
    f_N, y_N = rng.normal(size=n), rng.normal(size=n)
    calibrated = Conformal(coverage=coverage, n_groups=1, source="valid").fit(f_N, y_N).apply(f_N)
    hundredths = round(100 * coverage)
    rank = -(-(n + 1) * hundredths // 100)  # the ceiling, in whole numbers
    half = sorted(abs(y - f) for y, f in zip(y_N, f_N, strict=True))[rank - 1]
    np.testing.assert_array_equal(calibrated.forecast_N, f_N)
    np.testing.assert_array_equal(calibrated.upper_N, f_N + half)
    np.testing.assert_array_equal(calibrated.lower_N, f_N - half)


@pytest.mark.parametrize("n", [9, 10, 18, 19, 40])
@pytest.mark.parametrize("draw", ["normal", "standard_cauchy"])
def test_exchangeable_outcomes_are_covered_as_promised(n, draw):
    """Whatever the distribution, the coverage is exactly ceil((n + 1) c) / (n + 1), at least c."""
    rng = np.random.default_rng(n)
    repeats, coverage = 4000, 0.9
    errors = getattr(rng, draw)(size=(repeats, n + 1))
    conformal = Conformal(coverage=coverage, n_groups=1, source="valid")
    covered = 0
    for row in errors:
        calibrated = conformal.fit(np.full(n, 5.0), 5.0 + row[:n]).apply(np.array([5.0]))
        covered += bool(calibrated.lower_N[0] <= 5.0 + row[n] <= calibrated.upper_N[0])
    exact = math.ceil(round((n + 1) * coverage, 9)) / (n + 1)
    assert exact >= coverage
    assert covered / repeats == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / repeats))


def test_groups_have_widths_of_their_own():
    rng = np.random.default_rng(3)
    f_N = rng.uniform(0, 1, 30_000)
    y_N = f_N + np.where(f_N > 2 / 3, 5.0, 1.0) * rng.uniform(-1, 1, len(f_N))
    calibrated = Conformal(coverage=0.8, n_groups=3, source="valid").fit(f_N, y_N).apply(np.array([0.1, 0.5, 0.9]))
    np.testing.assert_allclose(calibrated.upper_N - calibrated.lower_N, [1.6, 1.6, 8.0], rtol=0.03)


def test_groups_of_equal_forecasts_are_not_divided():
    f_N = np.repeat([1.0, 2.0], [20, 40])
    state = Conformal(coverage=0.8, n_groups=4, source="valid").fit(f_N, f_N + np.linspace(0, 1, 60)).state()
    assert len(state["half_width"]) == len(state["edges"]) + 1 == 2


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(10, 120), st.integers(1, 8))
def test_every_group_has_enough_rows_for_its_rank(seed, n, n_groups):
    rng = np.random.default_rng(seed)
    f_N = np.round(rng.normal(size=n), int(rng.integers(0, 3)))
    state = Conformal(coverage=0.8, n_groups=n_groups, source="valid").fit(f_N, rng.normal(size=n)).state()
    counts = np.bincount(np.searchsorted(state["edges"], f_N), minlength=len(state["half_width"]))
    assert len(counts) == len(state["half_width"]) <= n_groups
    assert counts.min() >= 4


def test_a_coverage_that_the_rows_cannot_give_is_refused():
    with pytest.raises(DataError) as caught:
        Conformal(coverage=0.99, n_groups=1, source="valid").fit(np.zeros(98), np.zeros(98))
    assert str(caught.value) == (
        "coverage 0.99 needs at least 99 out-of-fold forecasts, there are 98; lengthen the validation span or "
        "choose another calibration"
    )
    Conformal(coverage=0.99, n_groups=1, source="valid").fit(np.zeros(99), np.zeros(99))
