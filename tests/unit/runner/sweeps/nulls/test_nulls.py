"""A search is repeated in null worlds as it was, and ranked among what it finds there."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from components.errors import ConfigError
from components.target.forward_return import ForwardReturn
from runner.compute import pipeline
from runner.compute.stage import Unseen
from runner.judging.evidence import gather
from runner.report.null_pictures import histogram
from runner.specification.places import HERE
from runner.sweeps.nulls.kept import NULLS, kept, new_bench, refuse_points, search_all
from runner.sweeps.nulls.search import Found, search
from runner.sweeps.nulls.told import in_words, ranked
from runner.sweeps.nulls.worlds import anchors_of, refuse, refuse_unchanged
from runner.sweeps.opened import Opened, begun
from runner.sweeps.points import points_of
from runner.sweeps.settings import asked
from runner.sweeps.space import space_of

SPACE = ("model.penalty=tag(log,interval(0.1,1000))", "sweep.trials=4", "sweep.objectives=[valid/r2]")
WIDE = "model.penalty=tag(log,interval(0.001,1e9))"
Market = Callable[..., list[str]]


def sweep_of(texts: Sequence[str]) -> Opened:
    request = asked(texts)
    space = space_of(request.plain, request.branches)
    return begun(request, space, points_of(space, request.settings)[0])


def never() -> bool:
    return False


@pytest.mark.parametrize(
    "more",
    [
        ("sweep.search=random", "preprocess=zscore", "split.n_folds=2"),
        pytest.param(("sweep.search=tpe", "split=combinatorial_purged", "calibration=linear"), marks=pytest.mark.slow),
        pytest.param(("sweep.search=qmc", "ensemble=bagging", "split.n_folds=2"), marks=pytest.mark.slow),
    ],
)
def test_in_the_real_world_it_finds_what_runs_find(place: Path, command: Market, more: tuple[str, ...]) -> None:
    market = [text for text in command(2, 400) if text != "split.n_folds=3"]
    opened = sweep_of([*market, *SPACE, *more])
    found = search(opened, 0, 4, new_bench(), never)
    assert found is not None
    assert found.states == {"finished": 4}
    cache = pipeline.open_cache(HERE, Unseen())
    experiment = new_bench().experiment(opened.space.overrides(found.values))
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, prepared, cache)
    run = gather(experiment, prepared, executed, cache).metrics.value
    assert found.figures == {name: run[name] for name in ("valid/r2", "test/r2", "backtest/sharpe")}


def test_worlds_are_kept_as_they_end_and_not_searched_again(place: Path, command: Market) -> None:
    opened = sweep_of([*command(2, 300), *SPACE, "sweep.search=random", "sweep.null_worlds=3"])
    asked_for: list[int] = []

    def second() -> bool:  # asked before every world and every trial: in the second world
        asked_for.append(1)
        return len(asked_for) > 8

    search_all(opened, 4, second)
    half = kept(opened, 4)
    assert [each.world for each in half] == [1]
    before = (opened.folder / NULLS / "0001.json").stat().st_mtime_ns
    search_all(opened, 4, never)
    whole = kept(opened, 4)
    assert [each.world for each in whole] == [1, 2, 3]
    assert (opened.folder / NULLS / "0001.json").stat().st_mtime_ns == before
    alone = [search(opened, world, 4, new_bench(), never) for world in (1, 3)]
    assert [replace(each, seconds=0.0) for each in (whole[0], whole[2])] == [
        replace(each, seconds=0.0) for each in alone if each
    ]
    assert len({each.figures["valid/r2"] for each in whole}) == 3
    assert kept(opened, 5) == []  # of a search of another length
    content = json.loads((opened.folder / NULLS / "0001.json").read_text(encoding="utf-8"))
    assert set(content) == {"world", "trials", "states", "best", "values", "figures", "says", "seconds"}
    assert all(math.isfinite(value) for value in content["figures"].values())
    assert not (place / "ledger.sqlite").exists(), "nothing of it is a try"
    assert not HERE.outputs.joinpath("runs").exists()


@pytest.mark.slow
def test_pruning_several_objectives_and_failures_go_as_in_the_real_search(place: Path, command: Market) -> None:
    market = command(2, 400)
    pruned = sweep_of([*market, WIDE, SPACE[2], "sweep.trials=12", "sweep.search=random", "sweep.prune=median"])
    found = search(pruned, 1, 12, new_bench(), never)
    assert found is not None
    assert sum(found.states.values()) == 12
    assert found.states["pruned"] > 0
    several = sweep_of([*market, *SPACE[:2], "sweep.search=nsga2", "sweep.objectives=[valid/r2,valid/mae]"])
    found = search(several, 1, 4, new_bench(), never)
    assert found is not None
    assert set(found.figures) == {"valid/r2", "valid/mae", "test/r2", "test/mae", "backtest/sharpe"}
    lacking = sweep_of([*market, *SPACE[:2], "sweep.search=random", "sweep.objectives=[valid/sharpe]"])
    found = search(lacking, 1, 4, new_bench(), never)
    assert found is not None
    assert (found.best, found.states) == (None, {"nan": 4})


def test_a_world_that_found_nothing_counts_against_the_best() -> None:
    found = [
        Found(world=1, trials=2, states={"finished": 2}, best=0, figures={"valid/r2": 0.1, "valid/mse": 2.0}),
        Found(world=2, trials=2, states={"failed": 2}),
    ]
    ranks = ranked({"valid/r2": 0.2, "valid/mse": 1.0}, found)
    assert ranks["valid/r2"]["p_value"] == ranks["valid/mse"]["p_value"] == 2 / 3
    assert ranks["valid/r2"]["nulls"] == [0.1, None]


LEVEL = (
    "sweep.null_worlds: a level persists: in worlds where it does not, chance finds nothing to compare with; "
    "let beats_last_value judge it; forecast a return or a direction, or leave sweep.null_worlds out"
)
VOLUME = (
    "sweep.null_worlds: the target reads volume, which null worlds keep as it is: only prices are redrawn; "
    "redrawn here: open, high, low, close; name the field as a price, such as close, or leave sweep.null_worlds out"
)
RANGE = (
    "sweep.null_worlds: the target is the same in a null world: it does not depend on the direction of moves; "
    "call it a level (target.kind), or leave sweep.null_worlds out"
)


class Odd(ForwardReturn):
    """A return that is none."""

    expression = ""

    def text(self) -> str:
        return self.expression


@pytest.mark.parametrize(
    ("expression", "says"),
    [("ref(volume, -1) / volume - 1", VOLUME), ("ref(log(high / low), -1)", RANGE)],
)
def test_what_has_no_honest_null_is_refused(place: Path, command: Market, expression: str, says: str) -> None:
    bench = new_bench()
    experiment = bench.experiment(tuple(command(1, 200)))
    target = type("Odd", (Odd,), {"expression": expression})(horizon_bars=1, skip_bars=0, cross_sectional="none")
    odd = replace(experiment, target=target)

    def both() -> None:
        refuse(odd)
        refuse_unchanged(odd, bench)

    with pytest.raises(ConfigError) as error:
        both()
    assert str(error.value) == says


def test_a_level_has_no_null() -> None:
    with pytest.raises(ConfigError) as error:
        refuse_points([["+experiment=sp500_volatility"]])
    assert str(error.value) == LEVEL


def test_prices_are_known_by_their_names() -> None:
    fields = ("open", "high", "close", "volume", "adj_close", "adj_open", "vix", "in_universe")
    assert anchors_of(fields) == {
        "open": "close",
        "high": "close",
        "close": "close",
        "adj_close": "adj_close",
        "adj_open": "adj_close",
    }
    assert anchors_of(("bid", "ask")) == {"bid": "bid", "ask": "bid"}
    assert anchors_of(("price", "sentiment")) == {"price": "price"}


def test_it_is_told_in_words_and_drawn() -> None:
    found = [
        Found(world=n, trials=2, states={"finished": 2}, best=0, figures={"valid/r2": n / 100, "test/r2": n / 50})
        for n in range(1, 20)
    ]
    figures = ranked({"valid/r2": 0.25, "test/r2": 0.1}, [*found, Found(world=20, trials=2, states={"failed": 2})])
    content = {"trials": 2, "worlds": 20, "failed": 1, "leading": "test/r2", "figures": figures}
    assert in_words(content).startswith(
        "2 trials were searched again in each of 20 null worlds: test/r2 0.1 of the best is rank 17 of 21 "
        "(p = 0.81; with all worlds 56.3% to 94.3% of them would be as good); valid/r2 0.25 is rank 2 (p = 0.0952). "
        "In 1 of them the search found nothing, which counts against it. Null worlds keep volatility"
    )
    assert histogram(content).startswith(b"\x89PNG")
