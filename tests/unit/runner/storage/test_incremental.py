"""What is in the store is not computed again, and what comes out is what computing everything gives."""

import logging
import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.expressions import evaluate, parse
from components.panel import Panel
from runner.storage import incremental, parts
from runner.storage.incremental import load_features
from runner.storage.store import Store

ALONG = {
    "change": parse("close / ref(close, 1) - 1"),
    "spread": parse("std(close, 20) / mean(volume, 3)"),
    "trend": parse("slope(close, 13)"),
}
ACROSS = {"rank": parse("cs_rank(mean(close, 5))"), "smooth": parse("mean(cs_rank(close), 6)")}
# Not sorted by kind, so that columns of one kind are not neighbours.
BOTH = {"rank": ACROSS["rank"], **ALONG, "smooth": ACROSS["smooth"]}


def load(nodes, panel: Panel, root: Path) -> tuple[np.ndarray, int]:  # type: ignore[no-untyped-def]
    return load_features(nodes, panel, place="features-test", store=Store(root), threads=1)


def check(nodes, panel: Panel, root: Path) -> int:  # type: ignore[no-untyped-def]
    """Number of values computed, after comparing all of them with a full computation."""
    values_FR, computed = load(nodes, panel, root)
    assert values_FR.tobytes() == evaluate(nodes, panel, threads=1).tobytes()
    return computed


def until(panel: Panel, day: int) -> Panel:
    return panel.before(panel.dates_T[day])


def revised(panel: Panel, row: int) -> Panel:
    close = panel.fields["close"].copy()
    close[row] *= 1.01
    return replace(panel, fields={**panel.fields, "close": close})


def entries(root: Path) -> list[Path]:
    return sorted(index.parent for index in root.glob("features-*/*/*/index.json"))


def test_everything_once(market: Panel, tmp_path: Path) -> None:
    assert check(BOTH, market, tmp_path) == len(BOTH) * market.n_rows
    assert check(BOTH, market, tmp_path) == 0
    assert len(entries(tmp_path)) == 1


def test_appended_bars_alone_are_computed(market: Panel, tmp_path: Path) -> None:
    check(BOTH, until(market, 100), tmp_path)
    for day in (101, 104, 105):
        before, now = until(market, day - 1 if day == 105 else 101 if day == 104 else 100), until(market, day)
        assert check(BOTH, now, tmp_path) == len(BOTH) * (now.n_rows - before.n_rows)
    assert len(entries(tmp_path)) == 4


def test_a_new_expression_is_the_only_one_computed(market: Panel, tmp_path: Path) -> None:
    check(BOTH, market, tmp_path)
    more = {"new": parse("max(close, 4)"), **BOTH}
    assert check(more, market, tmp_path) == market.n_rows
    fewer = {"trend": ALONG["trend"], "renamed": ALONG["change"]}
    assert check(fewer, market, tmp_path) == 0


def test_two_names_of_one_expression(market: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "MANY_PARTS", 1)
    twice = {"rank": BOTH["rank"], "same": ALONG["trend"], **ALONG, "last_label": ALONG["change"]}
    early = until(market, 110)
    assert check(twice, early, tmp_path) == 4 * early.n_rows
    assert check(twice, market, tmp_path) == 4 * (market.n_rows - early.n_rows)
    assert check(dict(reversed(twice.items())), market, tmp_path) == 0


def test_a_revised_price_recomputes_its_symbol_and_what_compares_symbols(market: Panel, tmp_path: Path) -> None:
    check(BOTH, market, tmp_path)
    row = int(market.offsets[2]) + 10
    expected = len(ALONG) * (market.offsets[3] - market.offsets[2]) + len(ACROSS) * market.n_rows
    assert check(BOTH, revised(market, row), tmp_path) == expected
    assert check(BOTH, revised(market, row), tmp_path) == 0
    assert check(BOTH, market, tmp_path) == 0


def test_a_new_symbol_leaves_the_others_alone(market: Panel, tmp_path: Path) -> None:
    keep = market.symbol_codes_R != 2
    check(ALONG, market.take(keep), tmp_path)
    assert check(ALONG, market, tmp_path) == len(ALONG) * (market.offsets[3] - market.offsets[2])


def test_a_symbol_listed_later_leaves_earlier_cross_sections_alone(market: Panel, tmp_path: Path) -> None:
    early = until(market, 60)
    assert "B" not in early.symbols
    check(ACROSS, early, tmp_path)
    assert check(ACROSS, market, tmp_path) == len(ACROSS) * (market.n_rows - early.n_rows)


def test_other_sources_and_fields_are_not_looked_at(market: Panel, tmp_path: Path) -> None:
    check(ALONG, market, tmp_path)
    _, computed = load_features(ALONG, market, place="features-other", store=Store(tmp_path), threads=1)
    assert computed == len(ALONG) * market.n_rows
    wider = replace(market, fields={**market.fields, "open": market.fields["close"]})
    assert check(ALONG, wider, tmp_path) == len(ALONG) * market.n_rows


@pytest.mark.parametrize("name", ["part.json", "0.f32"])
def test_a_damaged_part_is_dropped_and_computed_again(
    name: str, market: Panel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check(BOTH, until(market, 110), tmp_path)
    (first,) = entries(tmp_path)
    check(BOTH, market, tmp_path)
    file = first / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert check(BOTH, market, tmp_path) > 0
    assert f"{name} differs from its checksum" in caplog.text
    assert check(BOTH, market, tmp_path) == 0


def test_columns_are_spread_over_files_of_bounded_size(
    market: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "GROUP_BYTES", 2 * 4 * market.n_rows)
    check(BOTH, market, tmp_path)
    (entry,) = entries(tmp_path)
    assert sorted(file.name for file in entry.glob("*.f32")) == ["0.f32", "1.f32", "2.f32"]
    assert check({"smooth": BOTH["smooth"], "rank": BOTH["rank"]}, market, tmp_path) == 0


def test_many_small_parts_become_one(market: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "MANY_PARTS", 3)
    counts = []
    for day in range(90, 102):
        check(BOTH, until(market, day), tmp_path)
        counts.append(len(entries(tmp_path)))
    assert counts == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(30, 119), st.integers(-1, 60), st.booleans()), min_size=2, max_size=5))
def test_no_history_of_panels_leaves_stale_values(market: Panel, tmp_path_factory, steps) -> None:  # type: ignore[no-untyped-def]
    """Whatever was stored before: shorter, longer and revised panels, other columns."""
    root = tmp_path_factory.mktemp("store")
    for day, row, both in steps:
        panel = until(market, day)
        check(BOTH if both else ALONG, revised(panel, row) if row >= 0 else panel, root)


class Vanishing(Store):
    """A store whose values are gone whenever they are asked for."""

    def read(self, key: str, stage: str, name: str) -> bytes | None:
        return super().read(key, stage, name) if name == parts.HEADER else None


def test_parts_that_keep_vanishing_do_not_matter(market: Panel, tmp_path: Path) -> None:
    check(BOTH, market, tmp_path)
    values_FR, computed = load_features(BOTH, market, place="features-test", store=Vanishing(tmp_path), threads=1)
    assert computed == len(BOTH) * market.n_rows
    assert values_FR.tobytes() == evaluate(BOTH, market, threads=1).tobytes()


def _work(root: Path, panel_arguments, queue) -> None:  # type: ignore[no-untyped-def]
    values_FR, computed = load(BOTH, Panel(**panel_arguments), root)
    queue.put((values_FR.tobytes(), computed))


def test_two_processes_share_the_work(market: Panel, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    arguments = {
        "symbols": market.symbols,
        "offsets": market.offsets,
        "timestamps_R": market.timestamps_R,
        "fields": dict(market.fields),
    }
    processes = [context.Process(target=_work, args=(tmp_path, arguments, queue)) for _ in range(2)]
    for process in processes:
        process.start()
    results = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    expected = evaluate(BOTH, market, threads=1).tobytes()
    assert [values for values, _ in results] == [expected, expected]
    assert len(entries(tmp_path)) == 1
    assert sorted(computed for _, computed in results) == [0, len(BOTH) * market.n_rows]
