"""Every operator against a slow reference that looks at one window at a time, in extended precision."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.expressions import OPERATORS, evaluate, parse
from components.panel import Panel

LONG = np.longdouble


def _panel(seed: int) -> Panel:
    """Ragged symbols whose series go through regimes: constant, tied, small after huge, and missing values."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 60, size=rng.integers(1, 5))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    dates = np.datetime64("2020-01-01") + np.arange(80)
    stamps = np.concatenate([np.sort(rng.choice(dates, size=n, replace=False)) for n in lengths])
    return Panel(
        symbols=tuple(f"S{i}" for i in range(len(lengths))),
        offsets=offsets,
        timestamps_R=stamps,
        fields={name: _series(rng, int(offsets[-1])) for name in ("x", "y")},
    )


def _series(rng: np.random.Generator, rows: int) -> np.ndarray:
    values: list[float] = []
    while len(values) < rows:
        n = int(rng.integers(1, 25))
        level = rng.choice([0.0, 1.0, -100.0, 3e9, 1e-4])
        scale = rng.choice([0.0, 0.008, 1.0, 2e4])
        digits = int(rng.choice([0, 2, 9]))
        values += list(np.round(level + scale * rng.normal(size=n), digits))
    series = np.array(values[:rows])
    series[rng.random(rows) < rng.choice([0.0, 0.05])] = np.nan
    return series


def _moment(v: np.ndarray, power: int) -> LONG:
    v = v - v[0]  # without rounding, where all values are nearly the same
    return ((v - v.mean()) ** power).mean()


def _spread(v: np.ndarray) -> float:
    return float(v.max() - v.min())


def _mad(v: np.ndarray) -> LONG:
    d = v - v[0]
    return np.abs(d - d.mean()).mean()


def _line(v: np.ndarray) -> tuple[LONG, np.ndarray]:
    t = np.arange(len(v), dtype=LONG)
    slope = ((t - t.mean()) * (v - v.mean())).sum() / ((t - t.mean()) ** 2).sum()
    return slope, v.mean() + slope * (t - t.mean())


def _skew(v: np.ndarray) -> float:
    n = len(v)
    if _spread(v) == 0:
        return math.nan
    return float(_moment(v, 3) / _moment(v, 2) ** LONG(1.5) * np.sqrt(LONG(n * (n - 1))) / (n - 2))


def _kurt(v: np.ndarray) -> float:
    n = len(v)
    if _spread(v) == 0:
        return math.nan
    ratio = _moment(v, 4) / _moment(v, 2) ** 2
    return float((n - 1) / LONG((n - 2) * (n - 3)) * ((n + 1) * ratio - 3 * (n - 1)))


def _rsquare(v: np.ndarray) -> float:
    if _spread(v) == 0:
        return math.nan
    _, line = _line(v)
    return float(1 - ((v - line) ** 2).sum() / ((v - v.mean()) ** 2).sum())


def _ema(v: np.ndarray, span: int) -> LONG:
    weights = (1 - LONG(2) / (span + 1)) ** np.arange(len(v))[::-1]
    return (weights * v).sum() / weights.sum()


def _rank(v: np.ndarray) -> float:
    return float(((v < v[-1]).sum() + ((v == v[-1]).sum() + 1) / 2) / len(v))


def _since(v: np.ndarray) -> float:
    hits = np.flatnonzero(v[::-1] != 0)
    return float(hits[0]) if len(hits) else float(len(v))


def _quantile(v: np.ndarray, q: float) -> float:
    return float(np.quantile(v.astype(float), q))


# expression -> (bars of the window, reference on a window, scale of the window that rounding may refer to)
WINDOWS = {
    "mean(x, 7)": (7, np.mean, np.abs),
    "sum(x, 5)": (5, np.sum, np.abs),
    "std(x, 6)": (6, lambda v: np.std(v, ddof=1), None),
    "var(x, 2)": (2, lambda v: np.var(v, ddof=1), None),
    "min(x, 4)": (4, np.min, None),
    "max(x, 9)": (9, np.max, None),
    "argmin(x, 5)": (5, lambda v: np.argmin(v) + 1, None),
    "argmax(x, 6)": (6, lambda v: np.argmax(v) + 1, None),
    "quantile(x, 8, 0.3)": (8, lambda v: _quantile(v, 0.3), np.abs),
    "quantile(x, 5, 1)": (5, np.max, None),
    "median(x, 6)": (6, lambda v: _quantile(v, 0.5), np.abs),
    "rank(x, 7)": (7, _rank, None),
    "mad(x, 5)": (5, _mad, None),
    "skew(x, 6)": (6, _skew, np.ones_like),
    "kurt(x, 7)": (7, _kurt, np.ones_like),
    "slope(x, 8)": (8, lambda v: _line(v)[0], lambda v: v - v.mean()),
    "rsquare(x, 9)": (9, _rsquare, np.ones_like),
    "resid(x, 5)": (5, lambda v: v[-1] - _line(v)[1][-1], lambda v: v - v.mean()),
    "wma(x, 6)": (6, lambda v: (v * np.arange(1, 7)).sum() / 21, np.abs),
    "ema(x, 1)": (1, lambda v: _ema(v, 1), np.abs),
    "ema(x, 2)": (19, lambda v: _ema(v, 2), np.abs),
    "count(x, 4)": (4, lambda v: (v != 0).sum(), None),
    "drawdown(x + 4e9, 5)": (5, lambda v: v[-1] / v.max() - 1, np.ones_like),
    "bars_since(x, 6)": (6, _since, None),
}


def _expected(values: np.ndarray, bars: int, reference: object, scale: object) -> tuple[np.ndarray, np.ndarray]:
    expected, tolerance = np.full(len(values), np.nan), np.zeros(len(values))
    for i in range(bars - 1, len(values)):
        window = values[i - bars + 1 : i + 1].astype(LONG)
        if not np.isnan(window).any():
            expected[i] = reference(window)
            size = 0.0 if scale is None else float(np.abs(scale(window)).max())
            tolerance[i] = 1e-6 * max(abs(expected[i]), size)
    return expected, tolerance


def _assert_close(actual: np.ndarray, expected: np.ndarray, tolerance: np.ndarray) -> None:
    np.testing.assert_array_equal(np.isnan(actual), np.isnan(expected))
    known = ~np.isnan(expected)
    error = np.abs(actual - expected)[known]
    assert (error <= tolerance[known]).all(), (actual[known], expected[known], error)


@pytest.mark.parametrize("expression", WINDOWS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_window_operator(expression: str, seed: int) -> None:
    panel = _panel(seed)
    actual = evaluate({"f": parse(expression)}, panel, threads=1, dtype=np.float64)[0]
    bars, reference, scale = WINDOWS[expression]
    values = panel.fields["x"] + (4e9 if "4e9" in expression else 0)
    for s in range(len(panel.symbols)):
        rows = slice(panel.offsets[s], panel.offsets[s + 1])
        _assert_close(actual[rows], *_expected(values[rows], bars, reference, scale))


@pytest.mark.parametrize("bars", [0, 1, 3, 70, -1, -2, -70])
def test_ref_and_delta(bars: int) -> None:
    panel = _panel(1)
    nodes = {"ref": parse(f"ref(x, {bars})"), "delta": parse(f"delta(x, {bars})")}
    moved, change = evaluate(nodes, panel, threads=1, dtype=np.float64)
    x = panel.fields["x"]
    expected = np.full(panel.n_rows, np.nan)
    for row in range(panel.n_rows):
        s = panel.symbol_codes_R[row]
        if panel.offsets[s] <= row - bars < panel.offsets[s + 1]:
            expected[row] = x[row - bars]
    np.testing.assert_array_equal(moved, expected)
    np.testing.assert_array_equal(change, x - expected)


def _covariance(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a - a.mean()) * (b - b.mean())).sum() / (len(a) - 1))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if _spread(a) == 0 or _spread(b) == 0:
        return math.nan
    return float(LONG(_covariance(a, b)) / (a.std(ddof=1) * b.std(ddof=1)))


def _beta(a: np.ndarray, b: np.ndarray) -> float:
    return math.nan if _spread(b) == 0 else float(LONG(_covariance(a, b)) / b.var(ddof=1))


PAIRS = {
    "cov(x, y, 5)": (_covariance, lambda a, b: a.std() * b.std()),
    "corr(x, y, 6)": (_correlation, lambda a, b: 1.0),
    "beta(x, y, 7)": (_beta, lambda a, b: a.std() / b.std() if b.std() else 0.0),
}


@pytest.mark.parametrize("expression", PAIRS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_pair_operator(expression: str, seed: int) -> None:
    panel = _panel(seed)
    actual = evaluate({"f": parse(expression)}, panel, threads=1, dtype=np.float64)[0]
    reference, scale = PAIRS[expression]
    bars = int(expression[-2])
    for s in range(len(panel.symbols)):
        start, end = panel.offsets[s], panel.offsets[s + 1]
        expected, tolerance = np.full(end - start, np.nan), np.zeros(end - start)
        for i in range(bars - 1, end - start):
            a, b = (panel.fields[name][start + i - bars + 1 : start + i + 1].astype(LONG) for name in ("x", "y"))
            if not np.isnan(a + b).any():
                expected[i] = reference(a, b)
                tolerance[i] = 1e-6 * max(abs(expected[i]), float(scale(a, b)))
        _assert_close(actual[start:end], expected, tolerance)


def _cs_rank(v: np.ndarray) -> np.ndarray:
    return np.array([((v < a).sum() + ((v == a).sum() + 1) / 2) / len(v) for a in v])


def _cs_zscore(v: np.ndarray) -> np.ndarray:
    if len(v) < 2 or _spread(v) == 0:
        return np.full(len(v), np.nan)
    return (v - v.mean()) / v.std(ddof=1)


CROSS = {"cs_rank": _cs_rank, "cs_zscore": _cs_zscore, "cs_demean": lambda v: v - v.mean()}


@pytest.mark.parametrize("name", CROSS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_cross_sectional_operator(name: str, seed: int) -> None:
    panel = _panel(seed)
    actual = evaluate({"f": parse(f"{name}(x)")}, panel, threads=1, dtype=np.float64)[0]
    x = panel.fields["x"]
    for date in np.unique(panel.timestamps_R):
        rows = np.flatnonzero((panel.timestamps_R == date) & ~np.isnan(x))
        if len(rows):
            values = x[rows].astype(LONG)
            size = 1.0 if name == "cs_zscore" else _spread(values)
            expected = CROSS[name](values).astype(float)
            _assert_close(actual[rows], expected, np.full(len(rows), 1e-6 * size))
    assert np.isnan(actual[np.isnan(x)]).all()


@pytest.mark.parametrize("name", CROSS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_cross_section_by_group_within_the_universe(name: str, seed: int) -> None:
    panel, rng = _panel(seed), np.random.default_rng(seed)
    x, rows = panel.fields["x"], panel.n_rows
    group = rng.choice([1.0, 2.0, np.nan], rows, p=[0.5, 0.4, 0.1])
    member = rng.choice([0.0, 1.0, np.nan], rows, p=[0.2, 0.75, 0.05])
    panel = replace(panel, fields={"x": x, "group": group, "in_universe": member})
    nodes = {"grouped": parse(f"{name}(x, group)"), "all": parse(f"{name}(x)")}
    grouped, together = evaluate(nodes, panel, threads=1, dtype=np.float64)
    for actual, labels in ((grouped, group), (together, np.zeros(rows))):
        known = (member == 1) & ~np.isnan(x) & ~np.isnan(labels)
        assert np.isnan(actual[~known]).all()
        for date, label in {(d, g) for d, g in zip(panel.timestamps_R[known], labels[known], strict=True)}:
            own = np.flatnonzero(known & (panel.timestamps_R == date) & (labels == label))
            values = x[own].astype(LONG)
            size = 1.0 if name == "cs_zscore" else _spread(values)
            _assert_close(actual[own], CROSS[name](values).astype(float), np.full(len(own), 1e-6 * size))


def _truth(value: bool, *inputs: float) -> float:
    return math.nan if any(map(math.isnan, inputs)) else float(value)


ELEMENTWISE = {
    "x + y": lambda x, y: x + y,
    "x - y": lambda x, y: x - y,
    "x * y": lambda x, y: x * y,
    "x / (abs(y) + 1)": lambda x, y: x / (abs(y) + 1),
    "-x": lambda x, y: -x,
    "x ** 2": lambda x, y: x * x,
    "abs(x) ** 0.3": lambda x, y: abs(x) ** 0.3,
    "power(abs(x) + 2, clip(y, -2, 2))": lambda x, y: np.power(abs(x) + 2, np.clip(y, -2, 2)),
    "log(abs(x) + 1)": lambda x, y: np.log(abs(x) + 1),
    "exp(-abs(x))": lambda x, y: np.exp(-abs(x)),
    "sqrt(abs(x))": lambda x, y: np.sqrt(abs(x)),
    "sign(x)": lambda x, y: np.sign(x),
    "clip(x, -0.5, 0.5)": lambda x, y: np.clip(x, -0.5, 0.5),
    "maximum(x, y)": lambda x, y: np.maximum(x, y),
    "minimum(x, 0)": lambda x, y: np.minimum(x, 0),
    "where(x > 0, x, 1)": lambda x, y: x if math.isnan(x) or x > 0 else 1.0,
    "x < y": lambda x, y: _truth(x < y, x, y),
    "x <= 1": lambda x, y: _truth(x <= 1, x),
    "x > y": lambda x, y: _truth(x > y, x, y),
    "x >= 0": lambda x, y: _truth(x >= 0, x),
    "x == y": lambda x, y: _truth(x == y, x, y),
    "x != 0": lambda x, y: _truth(x != 0, x),
    "x and y": lambda x, y: _truth(x != 0 and y != 0, x, y),
    "x or y": lambda x, y: _truth(x != 0 or y != 0, x, y),
    "not x": lambda x, y: _truth(x == 0, x),
}


@pytest.mark.parametrize("expression", ELEMENTWISE)
@pytest.mark.parametrize("seed", range(3))
def test_elementwise_operator(expression: str, seed: int) -> None:
    panel = _panel(seed)
    actual = evaluate({"f": parse(expression)}, panel, threads=1, dtype=np.float64)[0]
    expected = [ELEMENTWISE[expression](x, y) for x, y in zip(panel.fields["x"], panel.fields["y"], strict=True)]
    np.testing.assert_allclose(actual, expected, rtol=1e-13)


def test_every_operator_has_a_reference() -> None:
    tested = {*WINDOWS, *PAIRS, *ELEMENTWISE, *(f"{name}(x)" for name in CROSS)}

    def operators(node: object) -> set[str]:
        name = getattr(node, "operator", None)
        return set() if name is None else {name}.union(*(operators(arg) for arg in node.args))

    elsewhere = {"ref", "delta", *(name for name, operator in OPERATORS.items() if operator.kind == "frame")}
    assert elsewhere.union(*(operators(parse(text)) for text in tested)) == set(OPERATORS)
