"""Statistics against values from papers, documentation and third-party test suites.

SEF  Bailey & Lopez de Prado 2012, The Sharpe Ratio Efficient Frontier (SSRN 1821643)
DSR  Bailey & Lopez de Prado 2014, The Deflated Sharpe Ratio (SSRN 2460551)
LLZ  Lopez de Prado, Lipton & Zoonekynd 2025 (SSRN 5520741), tests of zoonek/2025-sharpe-ratio
RB   tests of rubenbriones/Probabilistic-Sharpe-Ratio
EM   tests of stefan-jansen/empyrical-reloaded
PB   tests of esvhd/pypbo
SM   statsmodels 0.15.0 multipletests
AR   arch 8.0.0
QL   definitions of qlib (contrib/eva/alpha.py)
F    closed form
"""

import math

import numpy as np
import pytest

from components.statistics.cross_section import information_coefficients
from components.statistics.forecast import correlation
from components.statistics.multiple import benjamini_hochberg, holm
from components.statistics.overfitting import backtest_overfitting
from components.statistics.performance import (
    annual_return,
    annual_volatility,
    calmar_ratio,
    downside_risk,
    max_drawdown,
    sortino_ratio,
    wealth,
)
from components.statistics.sharpe import (
    SharpeSample,
    deflated_sharpe,
    effective_trials,
    expected_maximum,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_ratio,
    sharpe_sample,
    standard_error,
)
from components.statistics.snooping import superior_ability
from components.statistics.stepwise import family_test

MIXED = np.array([0.01, 0.10, -0.04, 0.02, 0.03, 0.02, 0.01, -0.10])
NINE = np.array([0.0, *MIXED])
NEGATIVE = np.array([0.0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05])
ALL_NEGATIVE = np.array([-0.02, *NEGATIVE[1:]])
POSITIVE = np.array([0.01, 0.02, *[0.01] * 7])
DF_ONE = np.array([-0.00171614, 0.01322056, 0.03063862, -0.01422057, -0.00489779, 0.01268925, -0.03357711, 0.01797036])
DF_TWO = np.array([0.01846232, 0.00793951, -0.01448395, 0.00422537, -0.00339611, 0.03756813, 0.0151531, 0.03549769])
RETURNS_50 = np.fromstring(
    """
    0.002118886469477138 -0.002636546921058242 -0.0024358609660036726 -0.006071232875030698
    -0.004499680469396765 -0.007247533239095589 -0.008176560188689118 0.009117754371004887
    0.009477404635678645 0.0042197708651989995 -0.00019996762364832103 0.008191268384352622
    -0.0020278923107388217 0.0038782300933695247 0.0003234337837115485 0.005741116477147061
    -0.00055158413447093 0.009050625431788748 0.00221800977705627 -0.00236869813637592
    -0.0017968533865673503 0.007542966308243992 0.00821061590483064 -0.00430742331277402
    0.005421856250630787 -0.0013993343628088892 0.003323845857746144 0.009511143669396956
    0.006453922488914566 0.007546441720910388 0.006649460358400363 0.0038011548577152957
    0.005214595923986653 0.0017644847653684754 0.0050601376727331705 0.007734536175241815
    0.004882709157075313 -0.021158758457091323 0.006242378497535548 0.0021716683121211083
    0.0035306675414695276 -0.007799958914217092 0.0016867645302712057 -0.00870682695861564
    0.005797790325923 0.007547294646361774 0.0058964895235753415 0.0016712085630854294
    -0.010070799628150532 -0.004337921900945061
    """,
    sep=" ",
)
SKEWED = {"skew": -2.448, "kurtosis": 10.164}
PAPER_SHARPE = 2.5 / math.sqrt(250)


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (SharpeSample(sharpe=0.458, n=24), 0.9816749190910771),  # SEF prints .982
        (SharpeSample(sharpe=0.458, n=24, **SKEWED), 0.913361083860933),  # SEF prints .913
        (SharpeSample(sharpe=1.585 / math.sqrt(12), n=24, **SKEWED), 0.91323430688486018),  # SEF
        (SharpeSample(sharpe=PAPER_SHARPE, n=1250, skew=-3.0, kurtosis=10.0), 0.9999968595078976),  # F
    ],
)
def test_probabilistic_sharpe_of_2012(sample: SharpeSample, expected: float) -> None:
    assert probabilistic_sharpe(sample) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("sharpe", "skew", "kurtosis", "error", "months"),
    [  # SEF prints .1028, .7152 years; .1550, 1.1593 years
        (0.7079, -0.2250, 2.9570, 0.10276082308007262, 8.582588331542161),
        (0.8183, -1.4455, 7.0497, 0.15500654727884933, 13.911631940580502),
    ],
)
def test_hedge_fund_indices_of_2012(sharpe: float, skew: float, kurtosis: float, error: float, months: float) -> None:
    sample = SharpeSample(sharpe=sharpe, n=134, skew=skew, kurtosis=kurtosis)
    assert standard_error(sample, sharpe) == pytest.approx(error, abs=1e-9)
    assert minimum_track_record(sample, 0.0, 0.95) == pytest.approx(months, abs=1e-8)


@pytest.mark.parametrize(
    ("annual", "hurdle", "periods", "skew", "kurtosis", "years"),
    [  # SEF
        (2.0, 1.0, 250, 0.0, 3.0, 2.7311878),
        (2.0, 1.0, 52, 0.0, 3.0, 2.8288336),
        (3.0, 2.5, 12, -0.72, 5.78, 27.3529202),
    ],
)
def test_minimum_track_record_of_2012(
    annual: float, hurdle: float, periods: int, skew: float, kurtosis: float, years: float
) -> None:
    root = math.sqrt(periods)
    sample = SharpeSample(sharpe=annual / root, n=100, skew=skew, kurtosis=kurtosis)
    needed = minimum_track_record(sample, hurdle / root, 0.95) / periods
    assert needed == pytest.approx(years, abs=1e-7)


def test_fifty_returns() -> None:  # RB
    sample = sharpe_sample(RETURNS_50)
    assert sample.sharpe == pytest.approx(0.24171729852769172, abs=1e-10)
    assert standard_error(sample, sample.sharpe) == pytest.approx(0.16466174867277414, abs=1e-10)
    assert probabilistic_sharpe(sample, 0.05) == pytest.approx(0.877850770122146, abs=1e-10)
    assert minimum_track_record(sample, 0.05, 0.90) == pytest.approx(60.365085269027084, abs=1e-8)


def test_convention_of_2025() -> None:  # LLZ prints .329, .987, .939, 13.029
    sample = SharpeSample(sharpe=0.036 / 0.079, n=24, **SKEWED)
    new = "hypothesised"
    assert standard_error(sample, sample.sharpe, new) == pytest.approx(0.32858859404279556, abs=1e-9)
    assert probabilistic_sharpe(sample, 0.0, new) == pytest.approx(0.9872072612614331, abs=1e-9)
    assert probabilistic_sharpe(sample, 0.1, new) == pytest.approx(0.9391476251031434, abs=1e-9)
    assert minimum_track_record(sample, 0.0, 0.95, new) == pytest.approx(13.02877831559373, abs=1e-8)


@pytest.mark.parametrize(
    ("n_trials", "approximation", "exact"),
    [  # approximation: PB (10: paper BTL prints about 1.57); exact: F, by quadrature
        (2, 0.5197553442805939, 0.5641895835477564),
        (5, 1.1925940010147893, 1.1629644736405198),
        (10, 1.57459830134575, 1.5387527308351727),
        (45, 2.2356401777664052, 2.207719563998425),
        (100, 2.5306028932016846, 2.507593636441684),
        (1000, 3.255121513652723, 3.2414357691334468),
        (1000000, 4.867860037846844, 4.862897486205938),
    ],
)
def test_expected_maximum(n_trials: int, approximation: float, exact: float) -> None:
    assert expected_maximum(n_trials) == pytest.approx(approximation, abs=1e-9)
    assert expected_maximum(n_trials) == pytest.approx(exact, rel=0.08)


@pytest.mark.parametrize(
    ("n_trials", "skew", "kurtosis", "expected"),
    [
        (100, -3.0, 10.0, 0.90039683444939030),  # DSR prints .9004
        (46, -3.0, 10.0, 0.9505017068755787),  # F
        (88, 0.0, 3.0, 0.9504908166760139),  # F
        (100, 0.0, 3.0, 0.9427705859565294),  # F
    ],
)
def test_deflated_sharpe(n_trials: int, skew: float, kurtosis: float, expected: float) -> None:
    sample = SharpeSample(sharpe=PAPER_SHARPE, n=1250, skew=skew, kurtosis=kurtosis)
    deflated = deflated_sharpe(sample, trials_variance=0.5 / 250, n_trials=n_trials)
    assert deflated == pytest.approx(expected, abs=1e-9)


def test_hurdle_of_the_deflated_sharpe() -> None:  # DSR: 1.7894064662732077 a year
    assert math.sqrt(0.5) * expected_maximum(100) == pytest.approx(1.7894064662732077, abs=1e-9)


def test_effective_rank() -> None:  # LLZ prints 1.84; one eigenvalue is negative and dropped
    correlation_KK = np.array([[1.0, 0.1, 0.7], [0.1, 1.0, 0.8], [0.7, 0.8, 1.0]])
    assert effective_trials(correlation_KK) == pytest.approx(1.840200395337524, abs=1e-9)


def test_adjusted_p_values() -> None:  # SM
    p_K = np.array([0.01, 0.04, 0.03, 0.005])
    assert holm(p_K) == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-12)
    assert benjamini_hochberg(p_K) == pytest.approx([0.02, 0.04, 0.04, 0.02], abs=1e-12)


def test_overfitting_of_a_hand_made_matrix() -> None:  # F, enumerated by hand
    performance_TK = np.array([[3, 0, 1], [3, 0, 1], [0, 2, 1], [0, 2, 1], [2, 1, 0], [2, 1, 0], [1, 3, 0], [1, 3, 0]])
    result = backtest_overfitting(performance_TK.astype(np.float64), n_blocks=4, metric="mean")
    assert result.probability == 1.0
    assert result.rank_C == pytest.approx([0.5, 0.375, 0.5, 0.5, 0.375, 0.375], abs=1e-12)
    assert result.picked_C.tolist() == [0, 0, 0, 1, 1, 1]


def chi_square_losses() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.RandomState(12345)  # the frozen stream of the reference
    benchmark_T = rng.chisquare(4, 250) / 4
    models_TK = benchmark_T[:, None] + rng.normal(0, 0.6, (250, 5)) + [-0.15, -0.05, 0, 0.05, 0.10]
    assert benchmark_T.sum() == pytest.approx(260.49629490553303)
    assert models_TK.sum() == pytest.approx(1296.8430583000486)
    return benchmark_T, models_TK


@pytest.mark.parametrize(
    ("drop", "expected", "tolerance"),
    [([], [0.0022, 0.0043, 0.0043], 0.004), ([0], [0.055, 0.182, 0.182], 0.03)],  # AR
)
def test_superior_predictive_ability(drop: list[int], expected: list[float], tolerance: float) -> None:
    benchmark_T, models_TK = chi_square_losses()
    differences_TK = np.delete(benchmark_T[:, None] - models_TK, drop, axis=1)
    p = superior_ability(differences_TK, block_bars=5, n_draws=2000, seed=1, studentized=False)
    assert [p.lower, p.consistent, p.upper] == pytest.approx(expected, abs=tolerance)


def test_superior_models() -> None:  # AR: StepM at 5 %
    benchmark_T, models_TK = chi_square_losses()
    differences_TK = benchmark_T[:, None] - models_TK
    found = family_test(differences_TK, 0, overlap_bars=1, block_bars=5, n_draws=2000, seed=1)
    assert np.flatnonzero(found.p_K <= 0.05).tolist() == [0]


def test_studentising_finds_the_good_model_beside_a_noisy_one() -> None:  # AR gives .389 either way
    rng = np.random.default_rng(0)
    benchmark_T = rng.normal(0, 1, 500)
    good_T = benchmark_T - 0.3 + rng.normal(0, 0.5, 500)
    noisy_T = benchmark_T + rng.normal(0, 30, 500)
    differences_TK = benchmark_T[:, None] - np.stack([good_T, noisy_T], axis=1)
    masked = superior_ability(differences_TK, block_bars=5, n_draws=1000, seed=5, studentized=False)
    found = superior_ability(differences_TK, block_bars=5, n_draws=1000, seed=5)
    p_K = family_test(differences_TK, 0, overlap_bars=1, block_bars=5, n_draws=1000, seed=5).p_K
    assert masked.consistent == pytest.approx(0.389, abs=0.04)
    assert found.consistent < 0.002
    assert np.flatnonzero(p_K <= 0.05).tolist() == [0]


def test_information_coefficients() -> None:  # QL; day 3 has ties in both columns
    forecast_M = np.array([0.1, 0.4, 0.2, 0.3, 0.5, 0.5, 0.1, 0.3, 0.2, 0.4, 0.2, 0.2, 0.4, 0.1, 0.3])
    target_M = np.array([1, 3, 0, 2, 5, 2, -1, 1, 3, 0, -2, 1, 2, 0, 1]) / 100
    dates_M = np.repeat(np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[us]"), 5)
    fold_M = np.ones(15, dtype=np.int64)
    ic_T = information_coefficients(target_M, forecast_M, dates_M, fold_M, ranked=False)
    rank_ic_T = information_coefficients(target_M, forecast_M, dates_M, fold_M, ranked=True)
    assert ic_T == pytest.approx([0.9041944301794648, 0.3, 0.6072306785645522], abs=1e-12)
    assert rank_ic_T == pytest.approx([0.9, 0.3, 0.7631578947368421], abs=1e-12)
    assert correlation(target_M, forecast_M) == pytest.approx(0.6157186785682184, abs=1e-12)


def test_sharpe_ratio() -> None:  # EM, last PB
    assert sharpe_ratio(MIXED, 252) == pytest.approx(1.7238613961706866, abs=1e-8)
    assert sharpe_ratio(POSITIVE, 252) == pytest.approx(52.915026221291804, abs=1e-8)
    assert sharpe_ratio(NEGATIVE, 252) == pytest.approx(-24.406808633910085, abs=1e-8)
    free_T = np.array([0.01, 0, 0.01, 0, 0.01, 0, 0.01, 0])
    assert sharpe_ratio(MIXED - free_T, 252) == pytest.approx(0.34111411441060574, abs=1e-8)
    listed = [0.259, 0.198, 0.364, -0.081, 0.057, 0.055, 0.188, 0.317, 0.24, 0.184, -0.01, 0.526]
    assert sharpe_ratio(np.array(listed) - 0.05, 1) == pytest.approx(0.8343639209671239, abs=1e-9)


def test_max_drawdown() -> None:  # EM
    series = [MIXED, NEGATIVE, ALL_NEGATIVE, np.array([0.1, -0.1, 0.1])]
    assert [max_drawdown(r) for r in series] == pytest.approx([-0.1, -0.36590730, -0.378589157, -0.1], abs=1e-8)


def test_annual_return() -> None:
    # EM counts a leading NaN as a ninth period; NINE has a zero there. Dropped, it gives the second value.
    assert annual_return(NINE, 252) == pytest.approx(1.9135925373194231, abs=1e-8)
    assert annual_return(np.array([np.nan, *MIXED]), 252) == pytest.approx(2.330292797300439, abs=1e-8)
    assert annual_return(NINE, 52) == pytest.approx(0.24690830513998208, abs=1e-8)
    assert annual_return(NINE, 12) == pytest.approx(0.052242061386048144, abs=1e-8)


def test_annual_volatility() -> None:  # EM
    assert annual_volatility(MIXED, 252) == pytest.approx(0.9136465399704637, abs=1e-8)
    assert annual_volatility(NINE, 52) == pytest.approx(0.38851569394870583, abs=1e-8)
    assert annual_volatility(NINE, 12) == pytest.approx(0.18663690238892558, abs=1e-8)


def test_calmar_ratio() -> None:  # EM
    expected = {252: 19.135925373194233, 52: 2.4690830513998208, 12: 0.52242061386048144}
    for periods, value in expected.items():
        assert calmar_ratio(NINE, periods) == pytest.approx(value, abs=1e-7)


def test_downside_risk() -> None:  # EM
    assert downside_risk(MIXED, 252) == pytest.approx(0.60448325038829653, abs=1e-8)
    assert downside_risk(MIXED, 252, 0.1) == pytest.approx(1.7161730681956295, abs=1e-8)
    assert downside_risk(NINE, 52) == pytest.approx(0.25888650451930134, abs=1e-8)
    assert downside_risk(NINE, 12) == pytest.approx(0.1243650540411842, abs=1e-8)
    assert downside_risk(DF_ONE, 252) == pytest.approx(0.20671788246185202, abs=1e-8)
    assert downside_risk(DF_TWO, 252) == pytest.approx(0.083495680595704475, abs=1e-8)


def test_sortino_ratio() -> None:  # EM, last PB
    assert sortino_ratio(MIXED, 252) == pytest.approx(2.605531251673693, abs=1e-7)
    assert sortino_ratio(NEGATIVE, 252) == pytest.approx(-13.532743075043401, abs=1e-7)
    assert sortino_ratio(NINE, 52) == pytest.approx(1.1158901056866439, abs=1e-7)
    assert sortino_ratio(NINE, 12) == pytest.approx(0.53605626741889756, abs=1e-7)
    assert sortino_ratio(DF_ONE, 252) == pytest.approx(3.0639640966566306, abs=1e-7)
    assert sortino_ratio(DF_TWO, 252) == pytest.approx(38.090963117002495, abs=1e-7)
    assert sortino_ratio(POSITIVE, 252) == math.inf
    listed = np.array([0.17, 0.15, 0.23, -0.05, 0.12, 0.09, 0.13, -0.04])
    assert sortino_ratio(listed, 1) == pytest.approx(4.417261042993862, abs=1e-9)


def test_compounded_wealth() -> None:  # EM
    expected = [0.0, 0.01, 0.111, 0.06656, 0.0878912, 0.12052794, 0.14293849, 0.15436788, 0.03893109]
    assert wealth(MIXED) - 1 == pytest.approx(expected, abs=1e-7)


def test_degenerate_series() -> None:  # EM
    nothing, single, constant = np.array([]), np.array([0.01]), np.full(50, 0.01)
    assert math.isnan(sharpe_ratio(nothing, 252))
    assert math.isnan(sharpe_ratio(single, 252))
    assert math.isnan(sharpe_ratio(constant - constant, 252))
    assert sharpe_ratio(constant, 252) == math.inf
    assert math.isnan(max_drawdown(nothing))
    assert max_drawdown(single) == 0.0
