"""The battery on kinds of leaks, on honest neighbours and on clean tables: a handful here, a tenth where there is time,
the whole by tools/leak_kinds.py, whose results are kept in results.json."""

import json
import warnings
from pathlib import Path

import leak_kinds
import numpy as np
import pytest

from components.leaks.examination import examine_table
from leakage import clean, honest, kinds, worlds

RESULTS = Path(__file__).with_name("results.json")
ONE, PANEL = "one symbol, daily, without a price", "panel, five days, without a price"
HANDFUL = (
    ("on 2 % of the rows", ONE),
    ("in one symbol", PANEL),
    ("in a span of 40 rows", ONE),
    ("missing where it falls", ONE),
    ("means of thirty codes", ONE),
    ("a sign that agrees or not", ONE),
    ("the month's high", ONE),
    ("with noise 2:1", ONE),
)
NEIGHBOURS = ("last week's high", "missing after falls", "turning points, when known")


def blamed(kind: kinds.Kind, world: str, seed: int) -> tuple[dict[str, str], tuple[str, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # first rows have no past
        found, planted, _ = leak_kinds.trial(kind, world, seed)
    return found, planted


@pytest.mark.parametrize(
    ("name", "world"), [*HANDFUL[:4], *(pytest.param(*each, marks=pytest.mark.slow) for each in HANDFUL[4:])]
)
def test_a_kind_of_leak_is_named_and_nothing_beside_it(name: str, world: str) -> None:
    found, planted = blamed(kinds.ALL[name], world, seed=3)
    assert set(found) <= set(planted)
    assert "leak" in found.values()


@pytest.mark.parametrize("name", [NEIGHBOURS[0], *(pytest.param(n, marks=pytest.mark.slow) for n in NEIGHBOURS[1:])])
def test_an_honest_neighbour_is_not_blamed(name: str) -> None:
    assert blamed(honest.HONEST[name], ONE, seed=3)[0] == {}


def clean_verdict(seed: int) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        _, table, target, known = clean.table(seed)
    severities = {leak.severity for leak in examine_table(table, target=target, known=known).leaks}
    return "leak" if "leak" in severities else "suspect" if severities else "nothing"


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_clean_table_stays_clean(seed: int) -> None:
    assert clean_verdict(seed) == "nothing"


@pytest.mark.slow
def test_of_a_tenth_of_the_clean_tables_none_leaks() -> None:
    verdicts = [clean_verdict(seed) for seed in range(5, 200, 10)]
    assert verdicts.count("leak") == 0
    assert verdicts.count("suspect") <= 1


@pytest.mark.slow
def test_of_a_tenth_of_the_kinds_nearly_all_are_found() -> None:
    pairs = [(name, world) for name in kinds.ALL for world in worlds.WORLDS if leak_kinds.suits(name, world)]
    found = []
    for name, world in pairs[3::14]:
        severities, planted = blamed(kinds.ALL[name], world, seed=5)
        assert set(severities) <= set(planted), (name, world)
        found.append("leak" if "leak" in severities.values() else "suspect" if severities else "nothing")
    assert found.count("leak") >= 0.8 * len(found)
    assert found.count("nothing") <= 0.1 * len(found)


def test_there_are_a_hundred_kinds_and_fifty_neighbours() -> None:
    assert len(kinds.ALL) >= 100
    assert len(honest.HONEST) >= 50
    assert set(kinds.ALL) >= kinds.CERTAIN


def test_the_kept_results_meet_what_is_promised() -> None:
    kept = json.loads(RESULTS.read_text())
    totals = [sum(counts.values()) for counts in kept["leaks"].values()]
    leaks = sum(counts.get("leak", 0) for counts in kept["leaks"].values())
    silent = sum(counts.get("nothing", 0) for counts in kept["leaks"].values())
    assert leaks >= 0.8 * sum(totals)
    assert silent <= 0.1 * sum(totals)
    # Seeds that nobody had looked at: one honest neighbour and two clean tables were blamed.
    assert int(kept["honest"]["blamed"]) <= 0.01 * int(kept["honest"]["tables"])
    assert kept["clean"].get("leak", 0) <= 0.01 * sum(kept["clean"].values())


def test_columns_that_move_like_a_price_are_told_from_those_called_so() -> None:
    rng = np.random.default_rng(0)
    market = worlds.market(rng, symbols=1, rows=900)
    table = worlds.table(market, {"last": market.r_ST, "peek": worlds.window(market.close_ST, -3, 3)}, priced=False)
    leaks = {leak.column: leak.evidence for leak in examine_table(table, target="label", known="after").leaks}
    assert set(leaks) == {"peek"}
    assert "the price behind label" in leaks["peek"]
