"""The bars an expression is said to read are the bars that it reads."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.expressions import OPERATORS, Call, Field, Node, Number, Reach, evaluate, parse, reach, shift, to_text
from components.panel import Panel

BARS, SYMBOLS = 60, 3


def _panel(fields: Mapping[str, np.ndarray]) -> Panel:
    days = np.datetime64("2020-01-01") + np.arange(BARS)
    return Panel(
        symbols=("A", "B", "C"),
        offsets=np.arange(SYMBOLS + 1) * BARS,
        timestamps_R=np.tile(days, SYMBOLS),
        fields=fields,
    )


def _fields() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {name: rng.permutation(np.arange(1.0, SYMBOLS * BARS + 1)) for name in ("x", "y", "c")}


def _measured(node: Node) -> set[int]:
    """Offsets of the bars whose absence makes a value of the middle bar's symbol absent."""
    t = BARS // 2
    offsets = set()
    for bar in range(BARS):
        broken = {name: values.copy() for name, values in _fields().items()}
        for values in broken.values():
            values[BARS + bar] = np.nan
        value = evaluate({"f": node}, _panel(broken), threads=1)[0, BARS + t]
        if np.isnan(value):
            offsets.add(bar - t)
    return offsets


def _window_operators() -> list[Node]:
    windowed = [name for name, operator in OPERATORS.items() if operator.constants and operator.kind != "frame"]
    names = [name for name in windowed if name not in ("clip", "ema")]
    return [_applied(name, 5) for name in names] + [_applied("ref", -4), _applied("delta", -3), _applied("ema", 2)]


def _applied(name: str, first: int) -> Node:
    """The operator with a first constant, short enough for the series."""
    operator = OPERATORS[name]
    constants = [first, *(c.high / 2 for c in operator.constants[1:])]
    return Call(name, (*map(Field, operator.series), *(Number(float(c)) for c in constants)))


@pytest.mark.parametrize("node", _window_operators(), ids=to_text)
def test_reach_of_each_operator(node: Node) -> None:
    stated = reach(node)
    measured = _measured(node)
    if node.operator in ("ref", "delta"):  # type: ignore[union-attr]
        assert measured - {0} == {-int(node.args[1].value)}  # type: ignore[union-attr]
    else:
        assert measured == set(range(stated.first_offset, 1))
    assert stated.lookahead_bars == max(0, *measured)
    assert stated.first_offset == min(measured)


# Operators that need every bar they read and are defined on all of these values.
_TOTAL = ("mean", "max", "rank", "delta", "ref", "slope", "count", "drawdown", "wma", "median")


def _composed(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    windowed = st.builds(
        lambda name, child, n: Call(name, (child, Number(float(n)))),
        st.sampled_from(_TOTAL),
        children,
        st.integers(2, 4),
    )
    forward = st.builds(lambda child, n: Call("ref", (child, Number(float(n)))), children, st.integers(-4, -1))
    summed = st.builds(lambda a, b: Call("+", (a, b)), children, children)
    return windowed | forward | summed


NODES = st.recursive(st.sampled_from(["x", "y"]).map(Field), _composed, max_leaves=3)


@settings(max_examples=40, deadline=None)
@given(NODES)
def test_reach_of_compositions(node: Node) -> None:
    stated = reach(node)
    measured = _measured(node)
    assert stated.first_offset == min(measured)
    assert stated.lookahead_bars == max(0, *measured)
    assert stated.lookback_bars == max(0, -min(measured))


@pytest.mark.parametrize(
    ("text", "first", "last", "cross"),
    [
        ("close", 0, 0, False),
        ("log(mean(ref(rv, -5), 5))", 1, 5, False),
        ("ref(close, -2) / ref(close, -1) - 1", 1, 2, False),
        ("ref(ref(close, 5), -5)", 0, 0, False),
        ("mean(ref(close, 3), 4)", -6, -3, False),
        ("mean(cs_rank(mean(close, 3)), 20)", -21, 0, True),
        ("cs_demean(ref(close, -5) / close)", 0, 5, True),
        ("std(delta(log(close), 1), 20)", -20, 0, False),
        ("min(close, 5) + argmin(close, 9)", -8, 0, False),
        ("drawdown(close, 10)", -9, 0, False),
        ("ema(close, 12)", -124, 0, False),
        ("close + 1 > 2 and not high", 0, 0, False),
    ],
)
def test_stated_reach(text: str, first: int, last: int, cross: bool) -> None:
    assert reach(parse(text)) == Reach(
        lookback_bars=max(0, -first), lookahead_bars=max(0, last), first_offset=first, cross_sectional=cross
    )


def test_stepping_back_does_not_undo_a_cross_section() -> None:
    # Five bars ahead of another symbol may be later than five bars ahead of one's own.
    assert reach(parse("ref(cs_rank(ref(close, -5)), 5)")).lookahead_bars == 5


def test_shift_folds() -> None:
    close = parse("close")
    assert to_text(shift(close, 3)) == "ref(close, 3)"
    assert shift(shift(close, 3), -3) == close
    assert to_text(shift(parse("ref(close, -1)"), -1)) == "ref(close, -2)"


def test_nested_macros_take_no_exponential_time() -> None:
    node = parse("delta(" * 40 + "x" + ", 1)" * 40)
    assert reach(node).lookback_bars == 40
    values = evaluate({"f": node, "g": shift(node, 2)}, _panel(_fields()), threads=1)
    assert np.isnan(values[0, :40]).all()
    assert not np.isnan(values[0, 40:BARS]).any()
