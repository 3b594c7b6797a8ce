"""Indicators that every expression may use like operators: signature -> text.

A text sees its own parameters, fields, operators and other entries of the library; `let` definitions of the
user are not seen, and hide entries of the same name.

x is any series, n a number of bars, k a multiple. What needs prices or volume reads the fields open, high, low,
close and volume. Volatilities are per bar (times the square root of the bars per year to annualise); shares and
returns are fractions; oscillators keep their customary scale of 0 to 100. Wilder's smoothing is an exponential
mean of span 2 n - 1 over a finite window, so values equal those of the unbounded recursion after warm-up. Where a
window has no range, no movement or no volume, a ratio to it is NaN.
"""

from collections.abc import Mapping

_RETURNS: Mapping[str, str] = {
    "returns(x, n)": "x / ref(x, n) - 1",
    "log_returns(x, n)": "log(x / ref(x, n))",
    "roc(x, n)": "100 * returns(x, n)",
    "zscore(x, w)": "(x - mean(x, w)) / std(x, w)",
    # corr(x[t], x[t - lag]) over n bars
    "autocorrelation(x, lag, n)": "corr(x, ref(x, lag), n)",
    # Variance of k-bar over k times that of 1-bar log returns: above 1 trending, below 1 reverting.
    # Lo and MacKinlay 1988, without its bias correction.
    "variance_ratio(x, k, n)": "var(log_returns(x, k), n) / (k * var(log_returns(x, 1), n))",
}

_OSCILLATORS: Mapping[str, str] = {
    # Wilder 1978, New Concepts in Technical Trading Systems: 100 U / (U + D), smoothed rises and falls.
    "rsi(x, n)": "100 * wilder(maximum(delta(x, 1), 0), n) / wilder(abs(delta(x, 1)), n)",
    # Appel: difference of a fast and a slow exponential mean, its own mean, and what is between them.
    "macd(x, fast, slow)": "ema(x, fast) - ema(x, slow)",
    "macd_signal(x, fast, slow, n)": "ema(macd(x, fast, slow), n)",
    "macd_histogram(x, fast, slow, n)": "macd(x, fast, slow) - macd_signal(x, fast, slow, n)",
    # The MACD in percent of the slow mean.
    "ppo(x, fast, slow)": "100 * (ema(x, fast) / ema(x, slow) - 1)",
    # Lane: close within the range of n bars, 0 to 100; d is the mean of k.
    "stochastic_k(n)": "100 * channel_position(n)",
    "stochastic_d(n, m)": "mean(stochastic_k(n), m)",
    # Williams: the same, counted from the top, -100 to 0.
    "williams_r(n)": "stochastic_k(n) - 100",
    # Lambert 1980: distance of the typical price from its mean in mean absolute deviations.
    "cci(n)": "(typical_price(1) - typical_price(n)) / (0.015 * mad(typical_price(1), n))",
    # Quong and Soudack: RSI of money, volume times typical price, without smoothing.
    "mfi(n)": "100 * sum(where(typical_change(1) > 0, money_flow(1), 0), n)"
    " / sum(where(typical_change(1) != 0, money_flow(1), 0), n)",
    # Hutson: percentage change of a triple exponential mean.
    "trix(x, n)": "roc(ema(ema(ema(x, n), n), n), 1)",
    # Williams 1985: buying pressure in units of true range over three windows, weights 4, 2, 1.
    "ultimate_oscillator(a, b, c)": "100 / 7 * (4 * pressure(a) + 2 * pressure(b) + pressure(c))",
    "pressure(n)": "sum(close - minimum(low, ref(close, 1)), n) / sum(true_range(1), n)",
    # Livshin: body of the bars in units of their range.
    "balance_of_power(n)": "mean(close - open, n) / mean(high - low, n)",
}

_TRENDS: Mapping[str, str] = {
    # Wilder's smoothing: s[t] = s[t-1] + (x[t] - s[t-1]) / n.
    "wilder(x, n)": "ema(x, 2 * n - 1)",
    # Mulloy 1994: exponential means with their lag taken out.
    "dema(x, n)": "2 * ema(x, n) - ema(ema(x, n), n)",
    "tema(x, n)": "3 * ema(x, n) - 3 * ema(ema(x, n), n) + ema(ema(ema(x, n), n), n)",
    # Wilder 1978: directional movement; a bar counts for the side on which its range grew more.
    "plus_dm(n)": "wilder(where(delta(high, 1) > maximum(-delta(low, 1), 0), delta(high, 1), 0), n)",
    "minus_dm(n)": "wilder(where(-delta(low, 1) > maximum(delta(high, 1), 0), -delta(low, 1), 0), n)",
    "plus_di(n)": "100 * plus_dm(n) / atr(n)",
    "minus_di(n)": "100 * minus_dm(n) / atr(n)",
    "dx(n)": "100 * abs(plus_dm(n) - minus_dm(n)) / (plus_dm(n) + minus_dm(n))",
    "adx(n)": "wilder(dx(n), n)",
    # Chande 1995: how recent the highest high and the lowest low of n + 1 bars are, 100 = now.
    "aroon_up(n)": "100 * (argmax(high, n + 1) - 1) / n",
    "aroon_down(n)": "100 * (argmin(low, n + 1) - 1) / n",
    "aroon(n)": "aroon_up(n) - aroon_down(n)",
    # Botes and Siepman 2010: upward over downward movement against the bar before.
    "vortex(n)": "sum(abs(high - ref(low, 1)) - abs(low - ref(high, 1)), n) / sum(true_range(1), n)",
    # Kaufman 1995: net change over the path's length, 1 = straight line.
    "efficiency_ratio(x, n)": "abs(delta(x, n)) / sum(abs(delta(x, 1)), n)",
    # Dreiss: 100 = sideways, 0 = straight line.
    "choppiness(n)": "100 * log(sum(true_range(1), n) / true_range(n)) / log(n)",
}

_CHANNELS: Mapping[str, str] = {
    # (high + low + close) / 3, mean over n bars.
    "typical_price(n)": "mean((high + low + close) / 3, n)",
    "typical_change(n)": "delta(typical_price(1), n)",
    # Donchian: 0 at the lowest low, 1 at the highest high of n bars.
    "channel_position(n)": "(close - min(low, n)) / (max(high, n) - min(low, n))",
    "midpoint(n)": "(max(high, n) + min(low, n)) / 2",
    # Bollinger 2001: mean and k standard deviations (of the population) around it.
    "bollinger_width(x, n)": "((n - 1) / n) ** 0.5 * std(x, n)",
    "bollinger_upper(x, n, k)": "mean(x, n) + k * bollinger_width(x, n)",
    "bollinger_lower(x, n, k)": "mean(x, n) - k * bollinger_width(x, n)",
    # %b: 0 at the lower band, 1 at the upper one. Bandwidth: distance of the bands over their middle.
    "bollinger_percent(x, n, k)": "0.5 + (x - mean(x, n)) / (2 * k * bollinger_width(x, n))",
    "bollinger_bandwidth(x, n, k)": "2 * k * bollinger_width(x, n) / mean(x, n)",
    # Keltner, in Raschke's form: exponential mean and k average true ranges around it; -1 and 1 are the bands.
    "keltner_position(n, k)": "(close - ema(close, n)) / (k * atr(n))",
}

_VOLATILITIES: Mapping[str, str] = {
    # Wilder 1978: range of the last n bars, the close before them included; n = 1 is his true range.
    "true_range(n)": "maximum(max(high, n), ref(close, n)) - minimum(min(low, n), ref(close, n))",
    "atr(n)": "wilder(true_range(1), n)",
    "natr(n)": "100 * atr(n) / close",
    # Root mean square log return.
    "realised_volatility(x, n)": "sqrt(mean(log_returns(x, 1) ** 2, n))",
    # The same, of falls or of rises alone.
    "downside_volatility(x, n)": "sqrt(mean(minimum(log_returns(x, 1), 0) ** 2, n))",
    "upside_volatility(x, n)": "sqrt(mean(maximum(log_returns(x, 1), 0) ** 2, n))",
    # Barndorff-Nielsen and Shephard 2004: volatility without jumps.
    "bipower_volatility(x, n)": "sqrt(1.5707963267948966"
    " * mean(abs(log_returns(x, 1)) * abs(ref(log_returns(x, 1), 1)), n))",
    # Parkinson 1980: from the range.
    "parkinson(n)": "sqrt(mean(log(high / low) ** 2, n) / (4 * log(2)))",
    # Garman and Klass 1980: from range and body; without the overnight gap.
    "garman_klass(n)": "sqrt(mean(0.5 * log(high / low) ** 2 - (2 * log(2) - 1) * log(close / open) ** 2, n))",
    # Rogers and Satchell 1991: exact also where the price drifts.
    "rogers_satchell(n)": "sqrt(mean(log(high / close) * log(high / open) + log(low / close) * log(low / open), n))",
    # Yang and Zhang 2000: overnight, open-to-close and Rogers-Satchell variances, weighted for least variance.
    "yang_zhang(n)": "sqrt(var(log(open / ref(close, 1)), n) + yang_zhang_weight(n) * var(log(close / open), n)"
    " + (1 - yang_zhang_weight(n)) * rogers_satchell(n) ** 2)",
    "yang_zhang_weight(n)": "0.34 / (1.34 + (n + 1) / (n - 1))",
    # Martin 1987: root mean square distance from the highest value of n bars.
    "ulcer(x, n)": "sqrt(mean(drawdown(x, n) ** 2, n))",
}

_VOLUMES: Mapping[str, str] = {
    # Money traded: volume times typical price, mean over n bars.
    "money_flow(n)": "mean(typical_price(1) * volume, n)",
    "dollar_volume(n)": "mean(close * volume, n)",
    # Granville 1963: volume signed by the price change, summed over n bars.
    "obv(n)": "sum(sign(delta(close, 1)) * volume, n)",
    # Chaikin: volume weighted by where the bar closed in its range, -1 at its low, 1 at its high.
    "accumulation(n)": "sum(where(high > low, (2 * close - high - low) / (high - low), 0) * volume, n)",
    "chaikin_money_flow(n)": "accumulation(n) / sum(volume, n)",
    # Elder 1993: price change times volume, smoothed.
    "force_index(n)": "ema(delta(close, 1) * volume, n)",
    # Volume-weighted mean price of n bars, and the close's distance from it as a fraction.
    "rolling_vwap(n)": "money_flow(n) / mean(volume, n)",
    "vwap_deviation(n)": "close / rolling_vwap(n) - 1",
    # Where the close lies in the distribution of n bars' volume over prices, in its standard deviations.
    "volume_profile_position(n)": "(close - rolling_vwap(n)) / volume_profile_width(n)",
    "volume_profile_width(n)": "sqrt(maximum(mean(volume * typical_price(1) ** 2, n) / mean(volume, n)"
    " - rolling_vwap(n) ** 2, 0))",
    # Share of n bars' volume that was traded on bars whose range was above its median.
    "large_bar_volume(n)": "sum(where(true_range(1) > median(true_range(1), n), volume, 0), n) / sum(volume, n)",
}

_LIQUIDITY: Mapping[str, str] = {
    # Amihud 2002: absolute return per million of money traded.
    "amihud(n)": "mean(abs(returns(close, 1)) / (close * volume), n) * 1e6",
    # Roll 1984: spread from the reversal of price changes, as a fraction; 0 where they do not revert.
    "roll_spread(n)": "2 * sqrt(maximum(-cov(log_returns(close, 1), ref(log_returns(close, 1), 1), n), 0))",
    # Corwin and Schultz 2012: spread from the highs and lows of two bars, negative estimates set to 0; the
    # second bar is moved by the gap between its range and the close before.
    "corwin_schultz(n)": "mean(maximum(two_bar_spread(high - overnight_gap(1), low - overnight_gap(1)), 0), n)",
    "two_bar_spread(h, l)": "2 - 4 / (1 + exp(corwin_schultz_alpha(h, l)))",
    "corwin_schultz_alpha(h, l)": "sqrt(log(h / l) ** 2 + ref(log(high / low), 1) ** 2)"
    " * (sqrt(2) - 1) / (3 - 2 * sqrt(2))"
    " - log(maximum(h, ref(high, 1)) / minimum(l, ref(low, 1))) / sqrt(3 - 2 * sqrt(2))",
    "overnight_gap(n)": "maximum(low - ref(close, n), 0) - maximum(ref(close, n) - high, 0)",
    # Abdi and Ranaldo 2017: spread from closes against the middles of their own and the next range.
    "abdi_ranaldo(n)": "mean(2 * sqrt(maximum(ref(log(close) - log(high * low) / 2, 1)"
    " * (ref(log(close), 1) - log(high * low) / 2), 0)), n)",
}

LIBRARY: Mapping[str, str] = {
    **_RETURNS,
    **_OSCILLATORS,
    **_TRENDS,
    **_CHANNELS,
    **_VOLATILITIES,
    **_VOLUMES,
    **_LIQUIDITY,
}
