"""Panels recognised in others: by how their symbols moved, else by names and days."""

from datetime import date

import pandas as pd

from runner.recording.family import Family
from runner.recording.markets.recognise import Known, Link, Recognised, recognised
from runner.recording.markets.sketch import Sketch, sketch_of
from sketched import market, panel


def family(prices: dict[str, pd.Series]) -> tuple[Family, Sketch]:
    bars = panel(prices)
    first, last = bars.dates_T[[0, -1]].astype("datetime64[D]").tolist()
    sketch = sketch_of(bars)
    return Family(source="files", symbols=bars.symbols, first=first, last=last, sketch=sketch.to_bytes()), sketch


def known(identity: str, prices: dict[str, pd.Series]) -> Known:
    made, sketch = family(prices)
    return Known(id=identity, family=made, sketch=sketch, claimed={})


MARKET = market(20)
RENAMED = {f"N{name}.US": prices for name, prices in MARKET.items()}


def said(prices: dict[str, pd.Series], *others: Known) -> dict[str, dict[str, tuple[str, str]]]:
    found = recognised(*family(prices), others)
    return {identity: {m.own: (m.other, m.how) for m in matches} for identity, matches in found.items()}


def test_renamed_symbols_are_found_each_in_its_own():
    found = said(RENAMED, known("k", MARKET))
    assert found == {"k": {f"N{name}.US": (name, "same") for name in MARKET}}


def test_of_a_panel_with_strangers_it_says_how_many_were_known():
    strangers = {f"X{name}": prices for name, prices in market(13, seed=9).items()}
    seven = dict(list(RENAMED.items())[:7])
    made, sketch = family({**strangers, **seven})
    found = recognised(made, sketch, [known("k", MARKET)])
    link = Link.of("k", found["k"], 20, 20, by_names=False)
    assert (link.matched, link.renamed, link.joins) == (7, 7, False)
    told = Recognised.of(made.symbols, found["k"], sketch)
    assert (told.symbols, told.known, told.renamed, told.short, told.sign) == (20, 7, 7, 0, 1.0)


def test_half_of_the_smaller_panel_joins():
    few = {"A": MARKET["S000"], "B": market(2, seed=8)["S000"]}
    found = recognised(*family(few), [known("k", MARKET)])
    assert Link.of("k", found["k"], 2, 20, by_names=False).joins
    fewer = {**few, "C": market(2, seed=8)["S001"]}
    assert not Link.of("k", found["k"], len(fewer), 20, by_names=False).joins


def test_one_name_of_other_bars_is_another_market():
    assert said({"S000": market(1, seed=5)["S000"]}, known("k", MARKET)) == {}


def test_what_is_too_short_is_known_by_its_name():
    short = {"S000": market(1, seed=5)["S000"][:60]}
    assert said(short, known("k", MARKET)) == {"k": {"S000": ("S000", "name")}}
    assert said({"T000": short["S000"]}, known("k", MARKET)) == {}
    made, sketch = family(short)
    assert Recognised.of(made.symbols, [], sketch).short == 1


def test_three_symbols_that_agree_need_half_the_days():
    noise = [1 + 3e-4 * (number % 2) for number in range(200)]
    noisy = {name: prices[:200] * noise for name, prices in list(MARKET.items())[:3]}
    assert set(said(noisy, known("k", MARKET))["k"]) == set(noisy)


def test_a_name_that_nobody_sketched_belongs_to_the_first_that_claimed_it():
    old = Family(source="bars", symbols=("S000",), first=date(2014, 1, 2), last=date(2016, 1, 1))
    claimed = Known(id="old", family=old, sketch=None, claimed={"S000": "k"})
    free = Known(id="old", family=old, sketch=None, claimed={})
    same, other = {"S000": MARKET["S000"]}, {"S000": market(1, seed=5)["S000"]}
    assert said(same, known("k", MARKET), claimed)["old"] == {"S000": ("S000", "name")}
    assert said(other, known("k", MARKET), claimed) == {}
    assert said(other, known("k", MARKET), free)["old"] == {"S000": ("S000", "name")}
