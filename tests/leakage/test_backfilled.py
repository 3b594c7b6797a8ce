"""A future that was filled backwards from the rows on which it was known, and a past that was filled forwards."""

import numpy as np

from components.leaks.examination import examine
from components.leaks.examined import Block

N = 2000


def test_a_backfilled_future_is_named_and_a_forward_filled_past_is_not() -> None:
    rng = np.random.default_rng(4)
    close_T = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, N)))
    ahead_T, past_T = np.full(N, np.nan), np.full(N, np.nan)
    ahead_T[:-5] = close_T[5:] / close_T[:-5] - 1
    past_T[5:] = close_T[5:] / close_T[:-5] - 1
    month_T = np.arange(N) // 21
    backward_T, forward_T = ahead_T[np.minimum(month_T * 21 + 20, N - 1)], past_T[month_T * 21]
    columns = {"close": close_T, "backward": backward_T, "forward": forward_T}
    times_T = np.datetime64("2010-01-01", "us") + np.arange(N) * np.timedelta64(1, "D")
    found = examine([Block(symbol="A", times_T=times_T, columns=columns)], target="close").leaks
    assert [(leak.column, leak.severity, leak.kind) for leak in found] == [("backward", "leak", "part of the rows")]
    assert "close[t+5] / close[t] - 1, where its steps end," in found[0].evidence
