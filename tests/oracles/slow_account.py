"""One account kept in Python numbers, bar by bar and symbol by symbol: what every backtest is compared with."""

import itertools
import math

import numpy as np

SECONDS_PER_YEAR = 365.25 * 86_400


def slow_impact(prices, s, t, coefficient, volatility_bars, volume_bars):
    """Impact per sqrt(notional) from the symbol's own bars before bar t, None where unknown."""
    close, volume = prices.fields["close"][:, s], prices.fields["volume"][:, s]
    past = [(close[u], volume[u]) for u in range(t) if not math.isnan(close[u])]
    if len(past) < max(volatility_bars + 1, volume_bars):
        return None
    recent = past[-volatility_bars - 1 :]
    returns = [after[0] / before[0] - 1 for before, after in itertools.pairwise(recent)]
    mean = sum(returns) / len(returns)
    volatility = math.sqrt(sum((r - mean) ** 2 for r in returns) / (len(returns) - 1))
    traded = sum(c * v for c, v in past[-volume_bars:]) / volume_bars
    return coefficient * volatility / math.sqrt(traded) if traded > 0 else None


def last_bars(prices, missing_bars):
    """Bar of the last close of each symbol that lacks so many last bars, None for others."""
    lasts = []
    for closes in prices.fields["close"].T:
        known = [t for t, close in enumerate(closes) if not math.isnan(close)]
        lasts.append(known[-1] if known and len(closes) - 1 - known[-1] >= missing_bars else None)
    return lasts


def slow_backtest(decided, weights, prices, terms, impact=None):
    """(equity, cash, commission, impact cost, carry costs less interest, closed at a delisting) per bar, and the
    units held."""
    stamps = list(prices.timestamps_T)
    symbols = range(len(prices.symbols))
    bar_of = {stamp: t for t, stamp in enumerate(stamps)}
    orders = {bar_of[d] + terms["execution_lag_bars"]: w for d, w in zip(decided, weights, strict=True)}
    lasts = last_bars(prices, terms["delisting_bars"])
    cash, units, mark, ruined, rows = terms["capital"], [0.0 for _ in symbols], {}, False, []
    for t in range(bar_of[decided[0]], len(stamps)):
        close, price = prices.fields["close"][t], prices.fields[terms["price"]][t]
        if not rows:
            for s in symbols:
                known = [c for c in prices.fields["close"][:t, s] if not math.isnan(c)]
                mark[s] = known[-1] if known else 0.0
        commission = impact_paid = carry = 0.0
        if rows and not ruined:
            years = (stamps[t] - stamps[t - 1]) / np.timedelta64(1, "s") / SECONDS_PER_YEAR
            rate = terms["cash_bps_annual"] if cash > 0 else terms["financing_bps_annual"]
            carry = -cash * rate / 1e4 * years
            for s in symbols:
                if units[s] < 0:
                    carry -= units[s] * mark[s] * terms["borrow_bps_annual"] / 1e4 * years
            cash -= carry
        delisted = 0
        for s in symbols:
            if lasts[s] is not None and t > lasts[s] and units[s] != 0:
                lost = terms["delisting_haircut"] * mark[s]
                cash += units[s] * (mark[s] - lost if units[s] > 0 else mark[s] + lost)
                units[s], delisted = 0.0, delisted + 1
        value = {s: mark[s] if math.isnan(close[s]) else price[s] for s in symbols}
        equity = cash + sum(units[s] * value[s] for s in symbols)
        if t in orders and not ruined and equity > 0:
            for s in symbols:
                if math.isnan(close[s]):
                    continue
                rate = 0.0 if impact is None else slow_impact(prices, s, t, *impact)
                quantity = orders[t][s] * equity / price[s] - units[s]
                drift = abs(quantity * price[s]) / equity
                if rate is None or (drift <= terms["rebalance_band"] + 1e-12 and orders[t][s] != 0):
                    continue
                notional = abs(quantity * price[s])
                commission += notional * terms["cost_bps"] / 1e4
                impact_paid += rate * math.sqrt(notional) * notional
                cash -= quantity * price[s]
                units[s] += quantity
        cash -= commission + impact_paid
        for s in symbols:
            mark[s] = mark[s] if math.isnan(close[s]) else close[s]
        equity = cash + sum(units[s] * mark[s] for s in symbols)
        if equity <= 0 and not ruined:
            cash, units, ruined = equity, [0.0 for _ in symbols], True
        rows.append([equity, cash, commission, impact_paid, carry, delisted, *units])
    return np.array(rows)
