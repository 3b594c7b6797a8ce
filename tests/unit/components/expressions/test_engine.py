"""The engine: sharing, order of passes, missing values, threads, and the cache of compiled kernels."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import components
from components.errors import ContractError, DataError
from components.expressions import OPERATORS, Call, Field, Node, Number, evaluate, parse
from components.expressions.blocks import blocks_of
from components.expressions.engine import BLOCK_ROWS
from components.expressions.plan import plan
from components.panel import Panel


def _panel(symbols: int, bars: int, seed: int = 0) -> Panel:
    rng = np.random.default_rng(seed)
    days = np.datetime64("2020-01-01") + np.arange(bars)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (symbols, bars)), axis=1))
    return Panel(
        symbols=tuple(f"S{i:04d}" for i in range(symbols)),
        offsets=np.arange(symbols + 1) * bars,
        timestamps_R=np.tile(days, symbols),
        fields={"close": close.ravel(), "volume": rng.integers(0, 9, symbols * bars).astype(float)},
    )


def _nodes(*texts: str) -> dict[str, Node]:
    return {text: parse(text) for text in texts}


def _every_operator() -> dict[str, Node]:
    nodes = {}
    for name, operator in OPERATORS.items():
        constants = [Number(float(c.default or min(c.high, 5))) for c in operator.constants]
        nodes[name] = Call(name, (*map(Field, ("close", "volume", "close")[: len(operator.series)]), *constants))
    return nodes | _nodes("mean(cs_rank(mean(close, 3)), 4)", "cs_zscore(volume - mean(cs_demean(close), 2))")


def test_values_do_not_depend_on_threads_or_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    panel, nodes = _panel(7, 40), _every_operator()
    alone = evaluate(nodes, panel, threads=1)
    monkeypatch.setattr("components.expressions.engine.BLOCK_ROWS", 30)
    np.testing.assert_array_equal(evaluate(nodes, panel, threads=1), alone)
    for _ in range(3):
        np.testing.assert_array_equal(evaluate(nodes, panel, threads=4), alone)


@pytest.mark.parametrize("rows", [3, 50])
def test_long_symbols_are_computed_in_stretches(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, nodes = _panel(2, 601), _every_operator() | _nodes("ref(mean(close, 3), -4) + std(close, 2)")
    # One by one, since a stretch is never shorter than what is read around it.
    whole = {name: evaluate({name: node}, panel, threads=1, dtype=np.float64) for name, node in nodes.items()}
    monkeypatch.setattr("components.expressions.engine.BLOCK_ROWS", rows)
    for name, node in nodes.items():
        assert evaluate({name: node}, panel, threads=2, dtype=np.float64).tobytes() == whole[name].tobytes(), name


def test_blocks_cover_all_rows_once() -> None:
    offsets = np.array([0, 0, 5, 5, 95, 97, 98, 140, 140])
    blocks = list(blocks_of(offsets, 10, back=1, ahead=0))
    rows = [row for block in blocks for row in range(140)[block.rows]]
    assert rows == list(range(140))
    for block in blocks:
        assert block.given.start >= offsets[block.symbols.start]
        assert block.given.stop == block.rows.stop <= offsets[block.symbols.stop - 1]
        assert block.rows.start - block.given.start == (block.rows.start not in offsets)


def test_memory_of_a_mapped_result_is_given_back(tmp_path: Path) -> None:
    panel, nodes = _panel(7, 40), _nodes("mean(close, 3)", "cs_rank(close)", "weekly(close) / close")
    out = np.memmap(tmp_path / "values", np.float32, "w+", shape=(3, panel.n_rows))
    assert evaluate(nodes, panel, out=out, chunk_rows=50) is out
    written = np.fromfile(tmp_path / "values", np.float32).reshape(3, -1)
    np.testing.assert_array_equal(written, evaluate(nodes, panel))


def test_part_of_the_history_is_not_enough_for_timeframes() -> None:
    with pytest.raises(ContractError, match=r"^evaluate: timeframes need the whole history: first_bar_S must be 0$"):
        evaluate(_nodes("weekly(close)"), _panel(2, 30), first_bar_S=np.array([0, 3]))


def test_quantiles_of_one_window_are_computed_together() -> None:
    nodes = _nodes("quantile(close, 9, 0.2)", "close - median(close, 9)", "quantile(close, 8, 0.2)")
    steps = [step for step in plan(nodes.values())[0].steps if step.operator.name == "quantile"]
    assert [[output.rows for output in step.outputs] for step in steps] == [[(0,), ()], [(2,)]]


def test_many_blocks_are_put_together_in_order() -> None:
    panel = _panel(5, BLOCK_ROWS // 3)
    close, past = evaluate(_nodes("close", "ref(close, 1)"), panel, threads=2, dtype=np.float64)
    np.testing.assert_array_equal(close, panel.fields["close"])
    np.testing.assert_array_equal(
        past[1:][np.diff(panel.symbol_codes_R) == 0], close[:-1][np.diff(panel.symbol_codes_R) == 0]
    )
    assert np.isnan(past[panel.offsets[:-1]]).all()


def test_shared_parts_are_computed_once() -> None:
    passes = plan(_nodes("mean(close, 5) / close", "mean(close, 5) - ref(close, 1)", "ref(mean(close, 5), 2)").values())
    operators = [step.operator.name for step in passes[0].steps]
    assert len(passes) == 1
    assert sorted(operators) == ["-", "/", "mean", "ref", "ref"]


def test_shifted_copies_share_what_is_shifted() -> None:
    texts = ("log(mean(ref(close, -5), 5))", "log(mean(close, 5))", "mean(ref(close, 3), 5)")
    operators = [step.operator.name for step in plan(_nodes(*texts).values())[0].steps]
    assert sorted(operators) == ["log", "mean", "ref", "ref"]


def test_slots_are_used_again() -> None:
    text = " + ".join(f"mean(close, {w})" for w in range(1, 60))
    assert plan([parse(text)])[0].slots <= 3


def test_passes_alternate() -> None:
    nodes = _nodes("mean(cs_rank(delta(close, 1)), 3) - cs_demean(mean(cs_rank(delta(close, 1)), 3))")
    assert [len(part.cross) for part in plan(nodes.values())] == [0, 1, 1]
    panel = _panel(4, 12)
    actual = evaluate(nodes, panel, dtype=np.float64)[0]
    ranks = evaluate(_nodes("cs_rank(delta(close, 1))"), panel, dtype=np.float64)[0].reshape(4, 12)
    means = np.full((4, 12), np.nan)
    for t in range(2, 12):
        means[:, t] = ranks[:, t - 2 : t + 1].mean(axis=1)
    np.testing.assert_allclose(actual.reshape(4, 12), means - (means - means.mean(axis=0)), atol=1e-12)


def test_a_shift_inside_a_cross_section_moves_along_the_bars_of_each_symbol() -> None:
    panel = Panel(
        symbols=("A", "B"),
        offsets=np.array([0, 3, 5]),
        timestamps_R=np.array(["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-01", "2020-01-03"], "datetime64[D]"),
        fields={"x": np.array([1.0, 2.0, 3.0, 10.0, 20.0])},
    )
    inside, outside = evaluate(_nodes("cs_demean(ref(x, 1))", "ref(cs_demean(x), 1)"), panel)
    np.testing.assert_array_equal(inside, np.float32([np.nan, 0, -4, np.nan, 4]))
    np.testing.assert_array_equal(outside, np.float32([np.nan, -4.5, 0, np.nan, 4.5]))


def test_symbols_do_not_see_each_other() -> None:
    panel = _panel(3, 30)
    nodes = {k: v for k, v in _every_operator().items() if "cs_" not in k}
    together = evaluate(nodes, panel)
    for s in range(3):
        alone = evaluate(nodes, panel.take(panel.symbol_codes_R == s))
        np.testing.assert_array_equal(together[:, s * 30 : (s + 1) * 30], alone)


def test_a_missing_value_spoils_its_windows_only() -> None:
    panel = _panel(1, 30)
    close = panel.fields["close"].copy()
    close[[4, 9]] = np.nan, 1e300
    broken = Panel(
        symbols=panel.symbols, offsets=panel.offsets, timestamps_R=panel.timestamps_R, fields={"close": close}
    )
    nodes = _nodes(*(f"{name}(close, 4)" for name in ("mean", "std", "max", "rank", "slope", "kurt", "argmin", "wma")))
    whole, hurt = evaluate(nodes, panel, dtype=np.float64), evaluate(nodes, broken, dtype=np.float64)
    assert np.isnan(hurt[:, 4:8]).all()
    clear = [3, 8, *range(13, 30)]
    np.testing.assert_allclose(hurt[:, clear], whole[:, clear], rtol=1e-12)


def test_small_after_huge() -> None:
    x = np.concatenate([np.full(300, 3e9) + np.arange(300), np.tile([0.008, -0.008], 150)])
    panel = _panel(1, 600)
    panel = Panel(symbols=panel.symbols, offsets=panel.offsets, timestamps_R=panel.timestamps_R, fields={"x": x})
    values = evaluate(_nodes("std(x, 20)"), panel, dtype=np.float64)[0]
    np.testing.assert_allclose(values[319:], 0.008 * np.sqrt(20 / 19), rtol=1e-12)


def test_constant_windows_are_exact() -> None:
    panel = _panel(1, 50)
    panel = Panel(
        symbols=panel.symbols, offsets=panel.offsets, timestamps_R=panel.timestamps_R, fields={"x": np.full(50, 0.1)}
    )
    texts = ("mean(x, 7)", "std(x, 7)", "slope(x, 7)", "resid(x, 7)", "ema(x, 3)", "wma(x, 7)", "median(x, 6)")
    values = evaluate(_nodes(*texts), panel, dtype=np.float64)[:, -1]
    assert values.tolist() == [0.1, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1]
    undefined = evaluate(_nodes("rsquare(x, 7)", "corr(x, x, 7)", "skew(x, 7)", "kurt(x, 7)"), panel)[:, -1]
    assert np.isnan(undefined).all()


def test_writes_to_what_is_given() -> None:
    panel = _panel(2, 10)
    out = np.zeros((2, 20))
    assert evaluate(_nodes("close", "close * 2"), panel, out=out) is out
    np.testing.assert_array_equal(out[1], 2 * panel.fields["close"])


def test_no_rows_and_no_expressions() -> None:
    empty = Panel(
        symbols=(), offsets=np.array([0]), timestamps_R=np.array([], "datetime64[us]"), fields={"x": np.array([])}
    )
    assert evaluate(_nodes("cs_rank(mean(x, 3))"), empty).shape == (1, 0)
    assert evaluate({}, _panel(1, 5)).shape == (0, 5)


def test_missing_field() -> None:
    with pytest.raises(DataError, match=r"^mom: the panel has no field 'vwap'; fields: close, volume$"):
        evaluate({"mom": parse("vwap / close")}, _panel(1, 5))


_SCRIPT = """

import numpy as np
from components.expressions import evaluate, parse
from components.panel import Panel
days = np.datetime64("2020-01-01") + np.arange(30)
x = np.random.default_rng(0).normal(size=30)
panel = Panel(symbols=("A",), offsets=np.array([0, 30]), timestamps_R=days, fields={"x": x})
print(evaluate({"f": parse("max(x, 3)")}, panel, dtype=np.float64).tobytes().hex())
"""


def _run(source: Path, cache: Path) -> bytes:
    environment = {**os.environ, "PYTHONPATH": str(source), "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    return bytes.fromhex(done.stdout.strip())


def test_cache_of_kernels(tmp_path: Path) -> None:
    """Cold and cached values are the same bytes; an edit of what a kernel calls in another file is noticed."""
    source = tmp_path / "source"
    package = source / "components"
    original = Path(components.__file__).parent
    shutil.copytree(original, package, ignore=shutil.ignore_patterns("__pycache__"))
    cold = _run(source, tmp_path / "cache")
    assert list((tmp_path / "cache" / "assay").glob("kernels-*/*/*.nbi"))
    assert _run(source, tmp_path / "cache") == cold

    shared = package / "expressions" / "kernels" / "__init__.py"
    edited = shared.read_text().replace(
        "return x[offsets[s] : offsets[s + 1]]", "return x[offsets[s] : offsets[s + 1] - 1]"
    )
    assert edited != shared.read_text()
    shared.write_text(edited)
    assert _run(source, tmp_path / "cache") != cold


def test_unwritable_cache_folder(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert _run(Path(components.__file__).parents[1], blocked)


def test_many_cross_sections_are_computed_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = _panel(4, 12)
    nodes = _nodes(*(f"cs_rank(mean(close, {w})) + cs_demean(volume)" for w in range(1, 8)))
    together = evaluate(nodes, panel)
    monkeypatch.setattr("components.expressions.engine.MAX_COLUMNS", 3)
    np.testing.assert_array_equal(evaluate(nodes, panel), together)


def test_out_of_the_wrong_shape() -> None:
    with pytest.raises(ContractError, match=r"^evaluate: out has shape \(2, 5\), must have \(1, 5\)$"):
        evaluate(_nodes("close"), _panel(1, 5), out=np.empty((2, 5)))


def test_analysis_needs_no_numba() -> None:
    script = "import sys; from components.expressions import parse, reach; reach(parse('x')); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, timeout=60, capture_output=True, text=True)
    assert not {"numba", "components.expressions.engine"} & set(done.stdout.split())
