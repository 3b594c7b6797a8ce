"""No value depends on a bar after its own: a panel cut at any time gives the same bytes up to the cut."""

import numpy as np
import pytest

from components.expressions import OPERATORS, Call, Field, Node, Number, evaluate, parse, reach
from components.panel import Panel


def _panel() -> Panel:
    """Ragged symbols with holes, missing values, ties and jumps of scale."""
    rng = np.random.default_rng(11)
    lengths = (70, 31, 55, 1)
    days = np.datetime64("2020-01-01") + np.arange(75)
    stamps = np.concatenate([np.sort(rng.choice(days, size=n, replace=False)) for n in lengths])
    rows = len(stamps)
    x = np.round(rng.normal(size=rows), 1) * np.where(rng.random(rows) < 0.1, 1e9, 1.0)
    x[rng.random(rows) < 0.03] = np.nan
    return Panel(
        symbols=tuple("ABCD"),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        timestamps_R=stamps,
        fields={
            "x": x,
            "y": rng.normal(size=rows),
            "c": (rng.random(rows) < 0.2).astype(float),
            "group": rng.integers(0, 2, rows),
        },
    )


def _causal() -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for name, operator in OPERATORS.items():
        for first in (5, 17):
            constants = [Number(float(c.default or min(c.high, first))) for c in operator.constants]
            nodes[f"{name} {first}"] = Call(name, (*map(Field, operator.series), *constants))
    texts = (
        "mean(cs_rank(mean(x, 3)), 20)",
        "ref(ref(x, 5), -5)",
        "ref(mean(ref(x, -3), 2), 4)",
        "cs_zscore(ref(x, 2)) - ref(cs_demean(y), 3)",
        "log(abs(x) + 1) ** 0.7 * exp(-abs(y))",
        "weekly(mean(x, 3) + cs_rank(y)) - monthly(max(y, 2))",
        "mean(cs_demean(weekly(x), day_of_week), 5)",
    )
    return nodes | {text: parse(text) for text in texts}


@pytest.mark.parametrize("day", [1, 17, 40, 41, 59, 74])
def test_prefix_invariance(day: int) -> None:
    panel, nodes = _panel(), _causal()
    assert all(reach(node).lookahead_bars == 0 for node in nodes.values())
    end = np.datetime64("2020-01-01") + day
    known = panel.timestamps_R < end
    whole = evaluate(nodes, panel, dtype=np.float64)
    cut = evaluate(nodes, panel.before(end), dtype=np.float64)
    assert whole[:, known].tobytes() == cut.tobytes()


def test_what_looks_ahead_is_found_by_this_test() -> None:
    panel, node = _panel(), {"ahead": parse("ref(y, -1)")}
    end = np.datetime64("2020-02-10")
    known = panel.timestamps_R < end
    assert not np.array_equal(evaluate(node, panel)[:, known], evaluate(node, panel.before(end)), equal_nan=True)
