"""Every preprocessor against a slow reference, with missing values, ties and constants."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from components.contracts import Preprocessor
from components.errors import ConfigError, DataError
from components.expressions import evaluate, parse
from components.panel import Panel
from components.preprocess.chain import Chain
from components.preprocess.cross_section import CrossSection
from components.preprocess.impute import Impute
from components.preprocess.none import NoPreprocessing
from components.preprocess.rank_gauss import RankGauss
from components.preprocess.robust_zscore import RobustZScore
from components.preprocess.top_features import TopFeatures
from components.preprocess.winsorise import Winsorise
from components.preprocess.zscore import ZScore
from components.values import Samples
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path

COLUMNS = ("fat", "tied", "constant", "empty", "linked")
BUILT = [
    build(Preprocessor, {"_target_": class_path(cls), **example})
    for cls in catalogue().values()
    if issubclass(cls, Preprocessor)
    for example in cls.examples()
]
ROW_BY_ROW = [each for each in BUILT if not each.cross_sectional]


def name(each):
    return repr(each)[:60]


def rows(n=120, symbols=4, seed=0, holes=0.1):
    """Fat tails, ties, a constant, nothing at all, and one column that says something of the label."""
    rng = np.random.default_rng(seed)
    y_N = rng.normal(size=n)
    X_NF = np.column_stack(
        [
            rng.standard_t(2, size=n) * 1e4,
            rng.integers(0, 3, size=n),
            np.full(n, 0.1),
            np.full(n, np.nan),
            y_N + 0.3 * rng.normal(size=n),
        ]
    ).astype(np.float32)
    X_NF[rng.random(X_NF.shape) < holes] = np.nan
    return Samples.of(
        X_NF=X_NF,
        y_N=y_N,
        columns=COLUMNS,
        timestamps_N=np.datetime64("2020-01-01", "us") + (np.arange(n) // symbols) * np.timedelta64(1, "D"),
        symbols_N=(np.arange(n) % symbols).astype(np.int32),
    )


def applied(preprocessor, train, X_NF=None):
    fitted = preprocessor.fit(train, seed=1)
    return fitted.apply(
        train.X_NF if X_NF is None else X_NF, train.timestamps_N[: len(train if X_NF is None else X_NF)]
    )


def known(train, f):
    values = train.X_NF[:, f].astype(np.float64)
    return values[~np.isnan(values)]


def test_all_are_found():
    assert len({type(each) for each in BUILT}) >= 9


@pytest.mark.parametrize("preprocessor", BUILT, ids=name)
def test_what_was_learnt_survives_being_written_down(preprocessor):
    train, later = rows(), rows(seed=9)
    fitted = preprocessor.fit(train, seed=1)
    restored = preprocessor.restore(json.loads(json.dumps(fitted.state(), allow_nan=False)))
    assert restored.columns == fitted.columns
    ours, theirs = (each.apply(later.X_NF, later.timestamps_N) for each in (restored, fitted))
    assert ours.tobytes() == theirs.tobytes()
    assert ours.dtype == np.float32
    assert ours.shape == (len(later), len(fitted.columns))
    assert restored.state() == fitted.state()


@pytest.mark.parametrize("preprocessor", BUILT, ids=name)
def test_the_same_rows_teach_the_same_and_stay_as_they_are(preprocessor):
    train = rows()
    before = train.X_NF.tobytes()
    first, second = (preprocessor.fit(train, seed=1) for _ in range(2))
    assert first.state() == second.state()
    first.apply(train.X_NF, train.timestamps_N)
    assert train.X_NF.tobytes() == before


@pytest.mark.parametrize("preprocessor", BUILT, ids=name)
def test_finite_rows_become_finite_rows_and_sure_columns_come_out(preprocessor):
    train = rows(holes=0.0)
    train = train.with_features(np.nan_to_num(train.X_NF), COLUMNS)
    fitted = preprocessor.fit(train, seed=1)
    X_NF = np.float32([[3e38, -3e38, 1e-45, -0.0, 5.0], [0.0, 1.0, 2.0, 3.0, 4.0]])
    assert np.isfinite(fitted.apply(X_NF, train.timestamps_N[:2])).all()
    sure = preprocessor.outputs(COLUMNS)
    assert [column for column in fitted.columns if column in sure] == list(sure)


@pytest.mark.parametrize("preprocessor", ROW_BY_ROW, ids=name)
@given(picked=st.lists(st.integers(0, 119), min_size=1, max_size=20))
@settings(max_examples=10, deadline=None)
def test_a_row_depends_on_no_other(preprocessor, picked):
    train = rows()
    fitted = preprocessor.fit(train, seed=1)
    whole = fitted.apply(train.X_NF, train.timestamps_N)
    some = fitted.apply(train.X_NF[picked], train.timestamps_N[picked])
    assert some.tobytes() == np.ascontiguousarray(whole[picked]).tobytes()


@pytest.mark.parametrize("preprocessor", [each for each in BUILT if not each.missing_tolerance], ids=name)
def test_missing_stays_missing_and_known_stays_known(preprocessor):
    train = rows()
    fitted = preprocessor.fit(train, seed=1)
    Z_NG = fitted.apply(train.X_NF, train.timestamps_N)
    source = [COLUMNS.index(column) for column in fitted.columns]
    assert np.array_equal(np.isnan(Z_NG), np.isnan(train.X_NF[:, source]))


def test_none_changes_nothing():
    train = rows()
    assert applied(NoPreprocessing(), train).tobytes() == train.X_NF.tobytes()


def test_winsorise_against_order_statistics():
    train = rows()
    Z_NF = applied(Winsorise(lower_quantile=0.1, upper_quantile=0.75), train)
    for f in (0, 1, 4):
        ordered = np.sort(known(train, f))
        limits = []
        for q in (0.1, 0.75):
            place = q * (len(ordered) - 1)
            low = int(place)
            limits.append(ordered[low] + (place - low) * (ordered[low + 1] - ordered[low]))
        expected = [min(max(x, limits[0]), limits[1]) for x in known(train, f)]
        assert Z_NF[~np.isnan(Z_NF[:, f]), f] == pytest.approx(expected, rel=1e-6)


def test_zscore_against_the_formula():
    train = rows()
    Z_NF = applied(ZScore(clip=None), train)
    for f in (0, 1, 4):
        expected = stats.zscore(known(train, f))
        assert Z_NF[~np.isnan(Z_NF[:, f]), f] == pytest.approx(expected, rel=1e-6)
    assert np.array_equal(applied(ZScore(clip=0.5), train), np.clip(Z_NF, -0.5, 0.5), equal_nan=True)


def test_robust_zscore_against_scipy():
    train = rows()
    Z_NF = applied(RobustZScore(clip=None), train)
    for f in (0, 4):
        values = known(train, f)
        expected = (values - np.median(values)) / stats.median_abs_deviation(values, scale="normal")
        assert Z_NF[~np.isnan(Z_NF[:, f]), f] == pytest.approx(expected, rel=1e-6)


def test_robust_zscore_of_a_rare_event_keeps_the_event():
    x = np.float32([0] * 9 + [10])
    train = rows(10).with_features(x[:, None], ("event",))
    # Mean absolute deviation 1, by hand.
    assert applied(RobustZScore(clip=None), train)[:, 0] == pytest.approx([0] * 9 + [10 / np.sqrt(np.pi / 2)])


@pytest.mark.parametrize(
    "preprocessor", [ZScore(clip=None), RobustZScore(clip=None), RankGauss(n_quantiles=50)], ids=name
)
def test_what_is_constant_in_train_says_nothing_later(preprocessor):
    train = rows(holes=0.0)
    Z_NF = applied(preprocessor, train, np.float32([[1, 1, 1e30, 7, 1], [1, 1, 0.1, np.nan, 1]]))
    assert np.array_equal(Z_NF[:, 2:4], [[0, 0], [0, np.nan]], equal_nan=True)


def test_rank_gauss_with_a_knot_a_value_is_normal_scores():
    train = rows()
    Z_NF = applied(RankGauss(n_quantiles=1000), train)
    for f in (0, 1, 4):
        values = known(train, f)
        score = stats.norm.ppf((np.arange(len(values)) + 0.5) / len(values))
        ordered = np.sort(values)
        expected = [score[ordered == x].mean() for x in values]
        assert Z_NF[~np.isnan(Z_NF[:, f]), f] == pytest.approx(expected, abs=1e-6)


def test_rank_gauss_in_between_and_beyond():
    train = rows(4).with_features(np.float32([[1], [2], [3], [4]]), ("x",))
    inner, outer = stats.norm.ppf([0.625, 0.875])
    Z_NF = applied(RankGauss(n_quantiles=4), train, np.float32([[2.5], [3.5], [4], [99], [-99]])[:4])
    assert Z_NF[:, 0] == pytest.approx([0, (inner + outer) / 2, outer, outer], abs=1e-6)


def test_rank_gauss_with_few_knots_is_nearly_normal():
    train = rows(4000, holes=0.0)
    z = applied(RankGauss(n_quantiles=100), train)[:, 0]
    assert stats.kstest(z, "norm").statistic < 0.02


@pytest.mark.parametrize(("method", "operator"), [("zscore", "cs_zscore(x)"), ("rank", "cs_rank(x)")])
def test_cross_sections_agree_with_the_expressions(method, operator):
    rng = np.random.default_rng(3)
    n_dates, n_symbols = 30, 7
    times = np.datetime64("2020-01-01", "us") + np.arange(n_dates) * np.timedelta64(1, "D")
    x = rng.integers(0, 6, size=n_dates * n_symbols).astype(float)
    x[rng.random(len(x)) < 0.2] = np.nan
    panel = Panel(
        symbols=tuple("ABCDEFG"),
        offsets=np.arange(n_symbols + 1) * n_dates,
        timestamps_R=np.tile(times, n_symbols),
        fields={"x": x},
    )
    expected = evaluate({"x": parse(operator)}, panel, dtype=np.float64)[0]
    if method == "rank":
        count = np.bincount(panel.date_codes_R, ~np.isnan(x))[panel.date_codes_R]
        expected = expected - 0.5 - 0.5 / np.maximum(count, 1)
    fitted = CrossSection(method=method).restore({"columns": ["x"]})
    Z_NF = fitted.apply(x.astype(np.float32)[:, None], panel.timestamps_R)
    finite = np.isfinite(expected)
    assert finite.sum() > 100
    assert Z_NF[finite, 0] == pytest.approx(expected[finite], abs=1e-6)
    assert np.array_equal(np.isnan(Z_NF[:, 0]), np.isnan(x))
    assert (Z_NF[~finite & ~np.isnan(x), 0] == 0).all()


def test_a_date_depends_on_no_other():
    train = rows()
    for method in ("zscore", "rank"):
        fitted = CrossSection(method=method).fit(train, seed=0)
        whole = fitted.apply(train.X_NF, train.timestamps_N)
        changed = train.X_NF.copy()
        changed[40:44] *= 3
        again = fitted.apply(changed, train.timestamps_N)
        same = np.delete(np.arange(len(train)), np.arange(40, 44))
        assert whole[same].tobytes() == again[same].tobytes()
        alone = fitted.apply(train.X_NF[40:44], train.timestamps_N[40:44])
        assert alone.tobytes() == whole[40:44].tobytes()


@pytest.mark.parametrize(("statistic", "reduce"), [("median", np.median), ("mean", np.mean), ("zero", lambda _: 0.0)])
def test_impute_against_the_formula(statistic, reduce):
    train = rows()
    fitted = Impute(statistic=statistic, indicator=True, max_missing_fraction=0.5).fit(train, seed=0)
    Z_NG = fitted.apply(train.X_NF, train.timestamps_N)
    assert fitted.columns == (*COLUMNS, "fat_missing", "tied_missing", "constant_missing", "linked_missing")
    for f in (0, 1, 4):
        missing = np.isnan(train.X_NF[:, f])
        assert np.array_equal(Z_NG[~missing, f], train.X_NF[~missing, f])
        assert Z_NG[missing, f] == pytest.approx(reduce(known(train, f)), rel=1e-6)
    assert np.array_equal(Z_NG[:, 5:], np.isnan(train.X_NF[:, [0, 1, 2, 4]]))
    assert not Z_NG[:, 3].any()
    assert fitted.apply(np.ones((1, 5), np.float32), train.timestamps_N[:1])[0, 3] == 0


def test_what_only_fills_has_no_indicator():
    impute = Impute(statistic="mean", indicator=True, max_missing_fraction=0.25)
    assert impute.filling() == Impute(statistic="mean", indicator=False, max_missing_fraction=0.25)
    chain = Chain(steps=(ZScore(clip=None), impute))
    assert chain.filling() == impute.filling()
    assert chain.missing_tolerance == 0.25
    assert Chain(steps=(ZScore(clip=None),)).filling() is None


def test_scores_against_slow_references():
    train = rows(400, holes=0.0)
    train = train.with_features(train.X_NF[:, [0, 1, 4]], ("fat", "tied", "linked"))
    correlation = [abs(np.corrcoef(train.X_NF[:, f], train.y_N)[0, 1]) for f in range(3)]
    top = TopFeatures(score="correlation", n_features=1, keep=())
    assert top._scores(train, 0) == pytest.approx(correlation, rel=1e-5)

    from sklearn.metrics import mutual_info_score

    def decile(x):
        return [sum(x_n > q for q in np.quantile(x, np.arange(1, 10) / 10)) for x_n in x]

    information = [mutual_info_score(decile(train.X_NF[:, f].astype(float)), decile(train.y_N)) for f in range(3)]
    top = TopFeatures(score="mutual_information", n_features=1, keep=())
    assert top._scores(train, 0) == pytest.approx(information, rel=1e-9)


@pytest.mark.parametrize("score", ["correlation", "mutual_information", "gain"])
def test_the_feature_that_says_something_is_chosen(score):
    train = rows(400)
    assert TopFeatures(score=score, n_features=1, keep=()).fit(train, seed=0).columns == ("linked",)
    kept = TopFeatures(score=score, n_features=1, keep=("tied",))
    assert kept.fit(train, seed=0).columns == ("tied", "linked")
    assert kept.outputs(COLUMNS) == ("tied",)
    assert TopFeatures(score=score, n_features=99, keep=()).fit(train, seed=0).columns == COLUMNS


def test_only_information_sees_a_relation_without_correlation():
    x_N = np.linspace(-1, 1, 400)
    weak_N = x_N**2 + 3 * np.random.default_rng(0).normal(size=400)
    X_NF = np.column_stack([x_N, weak_N]).astype(np.float32)
    train = rows(400).with_features(X_NF, ("parabola", "weak")).with_labels(x_N**2)
    chosen = {
        score: TopFeatures(score=score, n_features=1, keep=()).fit(train, seed=0).columns
        for score in ("correlation", "mutual_information", "gain")
    }
    assert chosen == {"correlation": ("weak",), "mutual_information": ("parabola",), "gain": ("parabola",)}


def test_a_chain_teaches_each_step_what_the_steps_before_left():
    train = rows()
    limit, scale = Winsorise(lower_quantile=0.05, upper_quantile=0.95), ZScore(clip=None)
    limited = train.with_features(applied(limit, train), COLUMNS)
    chained = applied(Chain(steps=(limit, scale)), train)
    assert chained.tobytes() == applied(scale, limited).tobytes()
    assert not np.array_equal(chained, applied(Chain(steps=(scale, limit)), train), equal_nan=True)


KNOBS = {
    "winsorise": [({"lower_quantile": 0.1, "upper_quantile": 0.9}, "lower_quantile", 0.2),
                  ({"lower_quantile": 0.1, "upper_quantile": 0.9}, "upper_quantile", 0.8)],
    "zscore": [({"clip": None}, "clip", 1.0)],
    "robust_zscore": [({"clip": None}, "clip", 1.0)],
    "rank_gauss": [({"n_quantiles": 100}, "n_quantiles", 5)],
    "cross_section": [({"method": "zscore"}, "method", "rank")],
    "impute": [({"statistic": "mean", "indicator": False, "max_missing_fraction": 0.5}, "statistic", "median"),
               ({"statistic": "mean", "indicator": False, "max_missing_fraction": 0.5}, "indicator", True)],
    "top_features": [({"score": "correlation", "n_features": 2, "keep": ()}, "n_features", 1),
                     ({"score": "correlation", "n_features": 2, "keep": ()}, "keep", ("tied",))],
}  # fmt: skip


@pytest.mark.parametrize(
    ("module", "base", "parameter", "value"),
    [(module, *knob) for module, knobs in KNOBS.items() for knob in knobs],
)
def test_every_parameter_matters(module, base, parameter, value):
    cls = next(cls for cls in catalogue().values() if cls.__module__ == f"components.preprocess.{module}")
    train = rows()
    one, other = cls(**base), cls(**{**base, parameter: value})
    assert not np.array_equal(applied(one, train), applied(other, train), equal_nan=True)


def test_errors_say_what_to_do():
    train = rows()
    empty = train.take(np.array([], dtype=int))
    for preprocessor in (ZScore(clip=None), Impute(statistic="mean", indicator=False, max_missing_fraction=0.0)):
        with pytest.raises(DataError) as error:
            preprocessor.fit(empty, seed=0)
        assert str(error.value) == "preprocess: the train span has no rows to learn from; use a longer history"
    with pytest.raises(DataError) as error:
        CrossSection(method="rank").fit(train.take(np.arange(0, 120, 4)), seed=0)
    assert str(error.value) == (
        "preprocess: cross_section compares the symbols of a date, but the train rows have one symbol a date; "
        "choose zscore, which compares with the past, or data with more symbols"
    )
    with pytest.raises(ConfigError) as error:
        Impute(statistic="mean", indicator=True, max_missing_fraction=0.0).fit(
            train.with_features(train.X_NF, ("fat", "fat_missing", "a", "b", "c")), seed=0
        )
    assert str(error.value) == (
        "features.expressions.fat_missing: has the name of an indicator of preprocess; rename the feature"
    )
    with pytest.raises(ConfigError) as error:
        TopFeatures(score="gain", n_features=1, keep=("fta",)).outputs(COLUMNS)
    assert str(error.value) == ("preprocess.keep: unknown feature 'fta'; features: fat, tied, constant, empty, linked")
