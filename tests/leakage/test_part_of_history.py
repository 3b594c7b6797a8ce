"""The last bars alone give the same bytes as the whole history, given the stated look-back."""

import numpy as np
import pytest

from components.expressions import OPERATORS, Call, Field, Node, Number, evaluate, parse, reach
from components.panel import Panel

LENGTHS = (170, 131, 155)


def _panel() -> Panel:
    rng = np.random.default_rng(3)
    rows = sum(LENGTHS)
    x = np.round(rng.normal(size=rows), 1) * np.where(rng.random(rows) < 0.1, 1e6, 1.0)
    x[rng.random(rows) < 0.03] = -0.0
    x[rng.random(rows) < 0.01] = np.nan
    return Panel(
        symbols=("A", "B", "C"),
        offsets=np.concatenate([[0], np.cumsum(LENGTHS)]),
        timestamps_R=np.concatenate([np.datetime64("2020-01-01") + np.arange(n) for n in LENGTHS]),
        fields={"x": x, "y": rng.normal(size=rows), "c": (rng.random(rows) < 0.2).astype(float)},
    )


def _nodes() -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for name, operator in OPERATORS.items():
        if operator.kind not in ("cross", "frame"):
            for first in (2, 5, 17):
                constants = [Number(float(min(c.high, max(first, c.low)))) for c in operator.constants]
                nodes[f"{name} {first}"] = Call(name, (*map(Field, operator.series), *constants))
    nodes |= {text: parse(text) for text in ("mean(std(x, 5) + ema(y, 2), 7)", "min(x, 3) * slope(max(y, 4), 6)")}
    return {name: node for name, node in nodes.items() if reach(node).lookback_bars < 100}


@pytest.mark.parametrize("wanted", [1, 2, 7])
def test_same_bytes(wanted: int) -> None:
    panel = _panel()
    for name, node in _nodes().items():
        whole = evaluate({name: node}, panel, threads=1, dtype=np.float64)[0]
        rows = reach(node).lookback_bars + wanted
        tail_R = np.arange(panel.n_rows) >= np.repeat(panel.offsets[1:], LENGTHS) - rows
        tail = panel.take(tail_R)
        given = evaluate({name: node}, tail, threads=1, dtype=np.float64, first_bar_S=np.array(LENGTHS) - rows)[0]
        last = np.concatenate([np.arange(end - wanted, end) for end in panel.offsets[1:]])
        last_given = np.concatenate([np.arange(end - wanted, end) for end in tail.offsets[1:]])
        assert whole[last].tobytes() == given[last_given].tobytes(), name


def test_bytes_differ_if_the_first_bar_is_not_told() -> None:
    panel = _panel()
    node = {"f": parse("mean(y, 17)")}
    cut = panel.take(panel.timestamps_R >= np.datetime64("2020-03-04"))
    assert (
        evaluate(node, panel, dtype=np.float64)[0, -20:].tobytes()
        != evaluate(node, cut, dtype=np.float64)[0, -20:].tobytes()
    )
