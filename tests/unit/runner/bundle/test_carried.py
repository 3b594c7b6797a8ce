"""What a stream carries: it is saved and restored to the bit, a refused bar changes none of it, and it says why not."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from components.constraints.bounds import Bounds
from components.contracts import Portfolio
from components.errors import DataError
from components.model.linear import Linear
from components.values import HELD, RETURN, Float, View
from runner.bundle.reader import Bundle
from runner.bundle.recipe import Recipe
from runner.bundle.stream import Stream
from runner.compute.orders import ordered

BOUNDS = {"_target_": "components.constraints.bounds.Bounds", **Bounds.examples()[1]}
CONVICTION = {
    "_target_": "components.portfolio.conviction.Conviction",
    "long_exposure": 1.0,
    "short_exposure": 1.0,
}
LONG_SHORT = {
    "_target_": "components.portfolio.rank_long_short.RankLongShort",
    "quantile": 0.34,
    "gross_exposure": 1.0,
    "holding_bars": 3,
}
ADAPTIVE = {
    "settings": {
        "_target_": "components.calibration.adaptive_conformal.AdaptiveConformal",
        "coverage": 0.8,
        "rate": 0.1,
        "window": 20,
        "source": "valid",
    },
    "learnt": {"errors": np.linspace(0.1, 2.0, 20).tolist()},
}


def bundle_of(build, portfolio, **extra):
    """With a calibration and constraints that carry state."""
    made = build(Linear(features=None), portfolio=portfolio, **extra)
    recipe = replace(made.bundle.recipe, calibration=ADAPTIVE, constraints=BOUNDS)
    return made, Bundle(recipe=recipe, graph=made.bundle.graph)


def bars_at(panel, date):
    rows = np.flatnonzero(panel.timestamps_R == date)
    return {
        panel.symbols[panel.symbol_codes_R[row]]: {name: float(values[row]) for name, values in panel.fields.items()}
        for row in rows
    }


def decisions(stream, panel, dates):
    return [stream.push_date(date, bars_at(panel, date)) for date in dates]


def plain(decision):
    """Everything it says, comparable."""
    weights = None if decision.weight_S is None else decision.weight_S.tobytes()
    return decision.timestamp, decision.values_SO.tobytes(), weights, decision.why_not, decision.relaxed


@pytest.mark.parametrize("portfolio", [CONVICTION, LONG_SHORT])
@pytest.mark.parametrize("cut", [1, 3, 24, 41])
def test_a_stream_goes_on_where_it_was_saved(build, portfolio, cut):
    made, bundle = bundle_of(build, portfolio, rank="mean(cs_rank(close), 3)")
    dates = made.panel.dates_T[5:60]
    stream = Stream.open(bundle, made.panel.before(dates[0]))
    before = decisions(stream, made.panel, dates[:cut])
    again = Stream.restore(bundle, stream.save())
    after, restored = (decisions(each, made.panel, dates[cut:]) for each in (stream, again))
    assert any(decision.weight_S is not None for decision in before + after)
    assert [plain(each) for each in after] == [plain(each) for each in restored]
    saved, saved_again = stream.save(), again.save()
    assert saved.keys() == saved_again.keys()
    assert all(saved[name].tobytes() == saved_again[name].tobytes() for name in saved)


SCRIPT = """
import json, sys
import numpy as np
from runner.bundle.reader import Bundle
from runner.bundle.recipe import Recipe
from runner.bundle.stream import Stream
folder = sys.argv[1]
recipe = Recipe.from_json(json.load(open(f"{folder}/recipe.json")))
bundle = Bundle(recipe=recipe, graph=open(f"{folder}/graph.onnx", "rb").read())
stream = Stream.restore(bundle, np.load(f"{folder}/saved.npz"))
for date, bars in json.load(open(f"{folder}/bars.json")):
    decision = stream.push_date(np.datetime64(date), bars)
    print(decision.values_SO.tobytes().hex(), decision.weight_S.tobytes().hex(), sorted(decision.why_not.items()))
"""


def test_another_process_goes_on_with_the_same_bits(build, tmp_path):
    made, bundle = bundle_of(build, CONVICTION)
    dates = made.panel.dates_T[5:80]
    stream = Stream.open(bundle, made.panel.before(dates[0]))
    decisions(stream, made.panel, dates[:40])
    np.savez(tmp_path / "saved.npz", **stream.save())
    (tmp_path / "recipe.json").write_text(json.dumps(bundle.recipe.to_json()))
    (tmp_path / "graph.onnx").write_bytes(bundle.graph)
    (tmp_path / "bars.json").write_text(json.dumps([[str(date), bars_at(made.panel, date)] for date in dates[40:]]))
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    expected = [
        f"{each.values_SO.tobytes().hex()} {each.weight_S.tobytes().hex()} {sorted(each.why_not.items())}"
        for each in decisions(stream, made.panel, dates[40:])
    ]
    assert done.stdout.splitlines() == expected
    assert len(expected) == 35


def test_what_another_bundle_saved_is_refused(build):
    made, bundle = bundle_of(build, CONVICTION)
    saved = Stream.open(bundle, made.panel.before(made.panel.dates_T[30])).save()
    with pytest.raises(DataError) as caught:
        Stream.restore(made.bundle, saved)
    assert str(caught.value) == (
        "stream: it was saved with another bundle; open that one, or begin anew from history with this one"
    )


def test_a_refused_bar_changes_nothing(build):
    made, bundle = bundle_of(build, CONVICTION)
    panel, dates = made.panel, made.panel.dates_T[30:50]
    stream = Stream.open(bundle, panel.before(dates[0]))
    decisions(stream, panel, dates[:5])
    before, good = stream.save(), bars_at(panel, dates[5])
    refused = [
        (dates[5], {**good, "X": good["A"]}),
        (dates[4], good),
        (dates[5], {**good, "B": {}}),
        (dates[5], {**good, "B": {"close": "much"}}),
    ]
    for stamp, bars in refused:
        with pytest.raises((DataError, ValueError)):
            stream.push_date(stamp, bars)
        after = stream.save()
        assert all(after[name].tobytes() == before[name].tobytes() for name in before)
    with pytest.raises(DataError):
        stream.push("X", dates[5], good["A"])
    assert all(stream.save()[name].tobytes() == before[name].tobytes() for name in before)


def test_the_widths_of_the_stream_are_those_of_the_batch(build):
    made, bundle = bundle_of(build, CONVICTION)
    panel, batch = made.panel, bundle.forecast(made.panel)
    first = batch.timestamps_M.min()
    found = decisions(Stream.open(bundle, panel.before(first)), panel, panel.dates_T[panel.dates_T >= first])
    view = batch.view()
    assert np.array([each.values_SO for each in found]) == pytest.approx(view.values_DSO, rel=1e-12, nan_ok=True)
    weights_DS = ordered(view, np.zeros(len(found), dtype=int), {0: bundle.portfolio}, bundle.constraints).weights_DS
    assert np.array([each.weight_S for each in found]) == pytest.approx(weights_DS, abs=1e-12)


def test_a_decision_says_why_not(build):
    made, bundle = bundle_of(build, CONVICTION)
    panel = made.panel
    early = Stream.open(bundle, panel.before(panel.dates_T[5]))
    decision = early.push_date(panel.dates_T[5], bars_at(panel, panel.dates_T[5]))
    assert decision.weight_S is None
    assert decision.why_not["A"] == "6 bars up to here, 23 needed ('variance_22' looks back 22 bars)"
    late = Stream.open(bundle, panel.before(panel.dates_T[100]))
    bars = bars_at(panel, panel.dates_T[100])
    del bars["B"]
    bars["C"]["close"] = float("nan")
    decision = late.push_date(panel.dates_T[100], bars)
    assert decision.why_not["B"] == "no bar"
    assert decision.why_not["C"].endswith("cannot be computed: a value that it reads is missing or out of its range")
    assert decision.why_not["A"].startswith("constrained: the portfolio wants -")
    assert decision.weight_S.tolist()[1:] == [0.0, 0.0]
    assert decision.outputs.interval is not None
    assert decision.values_SO.shape == (3, 3)


@dataclass(frozen=True, kw_only=True)
class Reading(Portfolio):
    """Reads everything: moves half of the way from what is held to the mean of the last returns, by volume."""

    forecast_kind: ClassVar[tuple[str, ...]] = ("level",)
    reads: ClassVar[tuple[str, ...]] = (RETURN, "close", HELD)

    @property
    def past_bars(self) -> int:
        return 4

    def weights(self, view: View) -> Float:
        assert view.held_S is not None
        mean_DS = np.nan_to_num(np.nanmean(view.trailing(RETURN, 4), axis=1))
        price_DS = np.nan_to_num(view.trailing("close", 1)[:, 0])
        wanted_DS = 0.5 * view.held_S + 0.5 * mean_DS / np.maximum(price_DS, 1.0)
        return np.where(np.isfinite(view.forecast_DS), wanted_DS, 0.0)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


@pytest.mark.parametrize("missing", [False, True])
def test_what_a_portfolio_reads_is_the_same_in_batch_and_stream(build, missing):
    made = build(Linear(features=None))
    bundle = Bundle(recipe=replace(made.bundle.recipe, reads=("close", RETURN)), graph=made.bundle.graph)
    bundle.__dict__["portfolio"] = Reading()
    panel = made.panel
    if missing:
        panel = panel.take(np.random.default_rng(0).random(panel.n_rows) > 0.05)
    view = bundle.forecast(panel).view()
    weights_DS = ordered(view, np.zeros(len(view.decided_D), dtype=int), {0: Reading()}, bundle.constraints).weights_DS
    first = view.decided_D[0]
    stream, found = Stream.open(bundle, panel.before(first)), []
    for date in panel.dates_T[panel.dates_T >= first]:
        decision = stream.push_date(date, bars_at(panel, date))
        if decision.weight_S is not None:
            found.append(decision.weight_S)
        if len(found) % 50 == 7:
            stream = Stream.restore(bundle, stream.save())
    assert np.array(found).tobytes() == weights_DS.tobytes()
    assert np.abs(weights_DS).max() > 0


def test_the_fields_that_a_portfolio_reads_are_asked_for(build):
    made = build(Linear(features=None))
    recipe = replace(made.bundle.recipe, reads=(RETURN, "volume"))
    assert recipe.fields == ("close", "volume")
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    with pytest.raises(DataError, match="the bars lack volume; the bundle reads close, volume"):
        Bundle(recipe=recipe, graph=made.bundle.graph).forecast(made.panel)
