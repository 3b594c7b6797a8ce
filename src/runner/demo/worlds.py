"""Three made worlds, as tables: nothing in them comes from a market, and who made them knows the truth.

Shape legend: T bars, K strategies.
"""

from typing import TYPE_CHECKING

import numpy as np

from components.values import Float

if TYPE_CHECKING:
    import pandas as pd

YEAR = 252
EDGE_YEARS = 16
DAILY_VOLATILITY = 0.01
STRATEGIES = 200
PERSISTENCE = 0.9
SKILL = 0.13


def _days(n: int) -> "pd.DatetimeIndex":
    import pandas as pd

    return pd.bdate_range(end="2024-12-31", periods=n, name="date")


def worthless(seed: int) -> "pd.DataFrame":
    """(YEAR, STRATEGIES) daily returns of strategies that go long and short by signals that know nothing.

    One market of independent normal returns; each signal is an autoregression of its own, and its sign is held.
    """
    import pandas as pd

    rng = np.random.default_rng([seed, 1])
    market_T = rng.normal(0, DAILY_VOLATILITY, YEAR)
    signal_TK = _persistent(rng.standard_normal((YEAR, STRATEGIES)))
    names = [f"strategy_{k + 1:03}" for k in range(STRATEGIES)]
    return pd.DataFrame(np.sign(signal_TK) * market_T[:, None], index=_days(YEAR), columns=names)


def edge(seed: int) -> "pd.DataFrame":
    """Bars with a column `news`, a slow state of the market that is known today and drives the move of the day after
    tomorrow.

    Their correlation is SKILL: what a strong and honest signal may reach.
    """
    import pandas as pd

    rng = np.random.default_rng([seed, 2])
    n = EDGE_YEARS * YEAR
    news_T = np.sqrt(1 - PERSISTENCE**2) * _persistent(rng.standard_normal((n, 1)))[:, 0]
    noise_T = rng.standard_normal(n)
    known_T = np.concatenate([np.zeros(2), news_T[:-2]])
    return_T = DAILY_VOLATILITY * (SKILL * known_T + np.sqrt(1 - SKILL**2) * noise_T)
    close_T = 100 * np.exp(np.cumsum(return_T))
    return pd.DataFrame({"close": close_T, "news": news_T}, index=_days(n))


def leaked(seed: int) -> "pd.DataFrame":
    """A table for forecasting: two honest columns, and `smooth`, a mean of returns centred on its row.

    `next_return` is what is to be forecast.
    """
    import pandas as pd

    rng = np.random.default_rng([seed, 3])
    n = 4 * YEAR
    return_T = pd.Series(rng.normal(0, DAILY_VOLATILITY, n), index=_days(n))
    return pd.DataFrame(
        {
            "close": 100 * np.exp(return_T.cumsum()),
            "momentum": return_T.rolling(20).mean(),
            "volatility": return_T.rolling(20).std(),
            "smooth": return_T.rolling(9, center=True).mean(),
            "next_return": return_T.shift(-1),
        }
    )


def _persistent(shocks_TK: Float) -> Float:
    """First-order autoregressions with these shocks."""
    signal_TK = shocks_TK.copy()
    for t in range(1, len(signal_TK)):
        signal_TK[t] = PERSISTENCE * signal_TK[t - 1] + shocks_TK[t]
    return signal_TK
