"""The last bars alone have the bits that computing every bar gives them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.expressions import evaluate, parse
from components.panel import Panel
from runner.storage.rows import compute_rows

TEXTS = {
    "change": "close / ref(close, 1) - 1",
    "mean": "mean(close, 7)",
    "spread": "std(log(close), 20) / mean(volume, 3)",
    "nested": "mean(std(close, 5), 11) - ema(close, 6)",
    "trend": "slope(close, 13)",
    "order": "rank(close, 9) + quantile(volume, 10, 0.3) + argmax(close, 8)",
    "across": "cs_rank(mean(close, 5))",
    "along_across": "mean(cs_rank(close / ref(close, 3)), 6)",
    "across_twice": "cs_zscore(mean(cs_demean(std(close, 4)), 5))",
    "weeks": "close / weekly(mean(close, 3)) - 1",
    "weeks_across": "cs_demean(weekly(close))",
    "bare": "close",
}


@pytest.fixture(scope="module")
def nodes():  # type: ignore[no-untyped-def]
    return {name: parse(text) for name, text in TEXTS.items()}


@pytest.fixture(scope="module")
def full(nodes, market: Panel):  # type: ignore[no-untyped-def]
    return evaluate(nodes, market, threads=1)


def wanted(panel: Panel, first_S) -> np.ndarray:  # type: ignore[no-untyped-def]
    return np.concatenate(
        [np.arange(a + f, b) for a, b, f in zip(panel.offsets, panel.offsets[1:], first_S, strict=False)]
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 120), min_size=5, max_size=5), st.sets(st.sampled_from(list(TEXTS)), min_size=1))
def test_any_last_bars_of_any_expressions(market: Panel, nodes, full, first, names) -> None:  # type: ignore[no-untyped-def]
    first_S = np.minimum(first, np.diff(market.offsets))
    picked = {name: nodes[name] for name in TEXTS if name in names}
    values = compute_rows(picked, market, first_S, threads=1)
    expected = full[[i for i, name in enumerate(TEXTS) if name in names]][:, wanted(market, first_S)]
    assert values.tobytes() == np.ascontiguousarray(expected).tobytes()


def test_only_what_is_read_is_computed(market: Panel, nodes, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    from components.expressions import engine

    seen = []

    def watched(group, panel, **settings):  # type: ignore[no-untyped-def]
        seen.append((tuple(group), panel.symbols, panel.n_rows))
        return evaluate(group, panel, **settings)

    monkeypatch.setattr(engine, "evaluate", watched)
    first_S = np.diff(market.offsets) - [1, 0, 0, 2, 0]
    compute_rows({"mean": nodes["mean"]}, market, first_S, threads=1)
    assert seen == [(("mean",), ("A", "D"), (1 + 6) + (2 + 6))]
