"""The indicators of the library against TA-Lib, closed forms and plain loops."""

from functools import cache

import numpy as np
import pytest
import talib

from components.expressions import evaluate, parse, reach
from components.expressions.library import LIBRARY
from components.panel import Panel

BARS = 1500


@cache
def panel() -> Panel:
    rng = np.random.default_rng(3)
    close = 80 * np.exp(np.cumsum(rng.normal(0, 0.015, BARS)))
    open_ = np.concatenate([[80.0], close[:-1]]) * np.exp(rng.normal(0, 0.006, BARS))
    return Panel(
        symbols=("A",),
        offsets=np.array([0, BARS]),
        timestamps_R=np.datetime64("2015-01-01") + np.arange(BARS),
        fields={
            "open": open_,
            "high": np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.005, BARS))),
            "low": np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.005, BARS))),
            "close": close,
            "volume": np.exp(rng.normal(12, 0.4, BARS)),
        },
    )


def value(text: str, of: Panel | None = None) -> np.ndarray:
    return evaluate({"x": parse(text)}, of or panel(), dtype=np.float64)[0]


def bars(**fields: list[float]) -> Panel:
    n = len(next(iter(fields.values())))
    return Panel(
        symbols=("A",),
        offsets=np.array([0, n]),
        timestamps_R=np.datetime64("2020-01-01") + np.arange(n),
        fields={name: np.array(values) for name, values in fields.items()},
    )


o, h, l, c, v = (panel().fields[name] for name in ("open", "high", "low", "close", "volume"))  # noqa: E741

# Windows in full, so equal from the first value on.
FINITE = {
    "roc(close, 10)": talib.ROC(c, 10),
    "returns(close, 10)": talib.ROCP(c, 10),
    "stochastic_k(14)": talib.STOCHF(h, l, c, 14, 3)[0],
    "stochastic_d(14, 3)": talib.STOCHF(h, l, c, 14, 3)[1],
    "williams_r(14)": talib.WILLR(h, l, c, 14),
    "cci(20)": talib.CCI(h, l, c, 20),
    "mfi(14)": talib.MFI(h, l, c, v, 14),
    "ultimate_oscillator(7, 14, 28)": talib.ULTOSC(h, l, c, 7, 14, 28),
    "balance_of_power(1)": talib.BOP(o, h, l, c),
    "aroon_up(25)": talib.AROON(h, l, 25)[1],
    "aroon_down(25)": talib.AROON(h, l, 25)[0],
    "aroon(25)": talib.AROONOSC(h, l, 25),
    "true_range(1)": talib.TRANGE(h, l, c),
    "typical_price(1)": talib.TYPPRICE(h, l, c),
    "midpoint(14)": talib.MIDPRICE(h, l, 14),
    "bollinger_upper(close, 20, 2)": talib.BBANDS(c, 20, 2, 2)[0],
    "bollinger_lower(close, 20, 2)": talib.BBANDS(c, 20, 2, 2)[2],
    "obv(30)": talib.OBV(c, v) - np.concatenate([np.full(30, np.nan), talib.OBV(c, v)[:-30]]),
    "accumulation(30)": talib.AD(h, l, c, v) - np.concatenate([np.full(30, np.nan), talib.AD(h, l, c, v)[:-30]]),
}
# Recursions that TA-Lib starts from its first bars: equal once that start has faded (less than 1e-8 after 600 bars).
RECURSIVE = {
    "rsi(close, 14)": talib.RSI(c, 14),
    "wilder(true_range(1), 14)": talib.ATR(h, l, c, 14),
    "atr(14)": talib.ATR(h, l, c, 14),
    "natr(14)": talib.NATR(h, l, c, 14),
    "macd(close, 12, 26)": talib.MACD(c, 12, 26, 9)[0],
    "macd_signal(close, 12, 26, 9)": talib.MACD(c, 12, 26, 9)[1],
    "macd_histogram(close, 12, 26, 9)": talib.MACD(c, 12, 26, 9)[2],
    "ppo(close, 12, 26)": talib.PPO(c, 12, 26, 1),
    "trix(close, 9)": talib.TRIX(c, 9),
    "dema(close, 14)": talib.DEMA(c, 14),
    "tema(close, 14)": talib.TEMA(c, 14),
    "plus_di(14)": talib.PLUS_DI(h, l, c, 14),
    "minus_di(14)": talib.MINUS_DI(h, l, c, 14),
    "dx(14)": talib.DX(h, l, c, 14),
    "adx(14)": talib.ADX(h, l, c, 14),
}


@pytest.mark.parametrize("text", FINITE)
def test_equals_talib(text: str) -> None:
    ours, theirs = value(text), FINITE[text]
    both = np.isfinite(ours) & np.isfinite(theirs)
    assert both[200:].all()
    np.testing.assert_allclose(ours[both], theirs[both], rtol=1e-7, atol=1e-9 * np.abs(theirs[both]).max())


@pytest.mark.parametrize("text", RECURSIVE)
def test_equals_talib_after_warm_up(text: str) -> None:
    ours, theirs = value(text)[-800:], RECURSIVE[text][-800:]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=2e-7 * np.abs(theirs).max())


def test_every_entry_is_an_expression_that_looks_back_only() -> None:
    constants = {"x": "close", "h": "high", "l": "low", "n": "14", "k": "2", "w": "20", "lag": "1", "m": "3"}
    constants |= {"fast": "12", "slow": "26", "a": "7", "b": "14", "c": "28"}
    for head in LIBRARY:
        name, parameters = head[:-1].split("(")
        arguments = ", ".join(constants[parameter] for parameter in parameters.split(", "))
        node = parse(f"close * {name}({arguments})", fields=tuple(panel().fields))
        assert reach(node).lookahead_bars == 0, head


def naive(function, first: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    out = np.full(BARS, np.nan)
    out[first:] = [function(t) for t in range(first, BARS)]
    return out


def close_to(text: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(value(text), expected, rtol=1e-8, atol=1e-11)


def test_range_volatilities_are_their_formulas() -> None:
    def window(t: int) -> slice:
        return slice(t - 19, t + 1)

    up, down, body = np.log(h / o), np.log(l / o), np.log(c / o)
    close_to("parkinson(20)", naive(lambda t: np.sqrt(np.mean((up - down)[window(t)] ** 2) / (4 * np.log(2))), 19))
    gk = 0.5 * (up - down) ** 2 - (2 * np.log(2) - 1) * body**2
    close_to("garman_klass(20)", naive(lambda t: np.sqrt(gk[window(t)].mean()), 19))
    rs = up * (up - body) + down * (down - body)
    close_to("rogers_satchell(20)", naive(lambda t: np.sqrt(rs[window(t)].mean()), 19))
    gap = np.concatenate([[np.nan], np.log(o[1:] / c[:-1])])
    k = 0.34 / (1.34 + 21 / 19)
    close_to(
        "yang_zhang(20)",
        naive(
            lambda t: np.sqrt(
                gap[window(t)].var(ddof=1) + k * body[window(t)].var(ddof=1) + (1 - k) * rs[window(t)].mean()
            ),
            20,
        ),
    )


def test_return_volatilities_are_their_formulas() -> None:
    r = np.concatenate([[np.nan], np.log(c[1:] / c[:-1])])
    close_to("realised_volatility(close, 20)", naive(lambda t: np.sqrt(np.mean(r[t - 19 : t + 1] ** 2)), 20))
    close_to(
        "downside_volatility(close, 20)",
        naive(lambda t: np.sqrt(np.mean(np.minimum(r[t - 19 : t + 1], 0) ** 2)), 20),
    )
    close_to(
        "bipower_volatility(close, 20)",
        naive(lambda t: np.sqrt(np.pi / 2 * np.mean(np.abs(r[t - 19 : t + 1] * r[t - 20 : t]))), 21),
    )
    q5 = np.concatenate([np.full(5, np.nan), np.log(c[5:] / c[:-5])])
    close_to(
        "variance_ratio(close, 5, 60)",
        naive(lambda t: q5[t - 59 : t + 1].var(ddof=1) / (5 * r[t - 59 : t + 1].var(ddof=1)), 64),
    )


def test_volume_measures_are_their_formulas() -> None:
    typical = (h + l + c) / 3

    def vwap(t: int) -> float:
        return float(np.average(typical[t - 19 : t + 1], weights=v[t - 19 : t + 1]))

    def spread(t: int) -> float:
        return float(np.sqrt(np.average((typical[t - 19 : t + 1] - vwap(t)) ** 2, weights=v[t - 19 : t + 1])))

    close_to("vwap_deviation(20)", naive(lambda t: c[t] / vwap(t) - 1, 19))
    close_to("volume_profile_position(20)", naive(lambda t: (c[t] - vwap(t)) / spread(t), 19))
    r = np.concatenate([[np.nan], c[1:] / c[:-1] - 1])
    illiquidity = np.abs(r) / (c * v) * 1e6
    close_to("amihud(20)", naive(lambda t: illiquidity[t - 19 : t + 1].mean(), 20))


def test_kaufman_choppiness_and_ulcer_are_their_formulas() -> None:
    true = talib.TRANGE(h, l, c)
    close_to(
        "efficiency_ratio(close, 20)",
        naive(lambda t: abs(c[t] - c[t - 20]) / np.abs(np.diff(c[t - 20 : t + 1])).sum(), 20),
    )

    def choppiness(t: int) -> float:
        top, bottom = max(h[t - 19 : t + 1].max(), c[t - 20]), min(l[t - 19 : t + 1].min(), c[t - 20])
        return float(100 * np.log(true[t - 19 : t + 1].sum() / (top - bottom)) / np.log(20))

    close_to("choppiness(20)", naive(choppiness, 20))
    fall = np.array([c[t] / c[max(0, t - 19) : t + 1].max() - 1 for t in range(BARS)])
    close_to("ulcer(close, 20)", naive(lambda t: np.sqrt(np.mean(fall[t - 19 : t + 1] ** 2)), 38))


def test_corwin_schultz_spreads() -> None:
    """Corwin and Schultz 2012: closed forms of two bars."""
    same = bars(high=[101.0, 101.0], low=[99.0, 99.0], close=[100.0, 100.0])
    assert value("corwin_schultz(1)", same)[1] == pytest.approx(0.02, rel=1e-9)  # 2 (H - L) / (H + L)
    text = "two_bar_spread(high - overnight_gap(1), low - overnight_gap(1))"
    moving = bars(high=[102.0, 103.0], low=[100.0, 101.0], close=[101.5, 102.0])
    assert value(text, moving)[1] == pytest.approx(-0.004081485360102015, rel=1e-9)
    assert value("corwin_schultz(1)", moving)[1] == 0.0
    gap = bars(high=[102.0, 105.0], low=[100.0, 103.0], close=[101.0, 104.0])
    assert value(text, gap)[1] == pytest.approx(-0.004081485360102015, rel=1e-9)
    assert value("two_bar_spread(high, low)", gap)[1] == pytest.approx(-0.05113640502845202, rel=1e-9)


def test_abdi_ranaldo_spreads() -> None:
    """Abdi and Ranaldo 2017: floored two-day spreads of three days."""
    days = bars(high=[101.0, 102.0, 103.0], low=[99.0, 100.0, 101.0], close=[100.8, 100.4, 102.7])
    assert value("abdi_ranaldo(1)", days)[1:] == pytest.approx([0.0, 0.01930238], abs=1e-8)


def test_roll_spread_of_a_price_that_bounces_between_bid_and_ask() -> None:
    """Roll 1984: where trades hit bid and ask at random, the spread is twice the root of minus the covariance."""
    rng = np.random.default_rng(0)
    side = rng.choice([-1.0, 1.0], size=4000)
    traded = bars(close=list(100 * np.exp(0.005 * side)))
    assert value("roll_spread(3900)", traded)[-1] == pytest.approx(0.01, rel=0.05)
