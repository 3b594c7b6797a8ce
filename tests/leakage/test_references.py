"""What was published after a decision changes nothing that was known at it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import Source
from components.data.joined import Joined, Reference
from components.expressions import evaluate, parse
from components.panel import Float, Panel, Time
from components.values import SourceFacts

DAY = np.timedelta64(1, "D")
DAYS = np.datetime64("2020-01-01", "us") + np.arange(120) * DAY


@dataclass(frozen=True, kw_only=True)
class Given(Source):
    """Bars that are there already."""

    panel: Panel

    def facts(self) -> SourceFacts:
        return SourceFacts(identity="given", description="given bars", survivorship="free", adjustment="raw")

    def fields(self) -> tuple[str, ...]:
        return tuple(self.panel.fields)

    def load(self) -> Panel:
        return self.panel

    @classmethod
    def examples(cls) -> Any:
        return ()


def series(times_R: Time, values_R: Float) -> Given:
    panel = Panel(
        symbols=("X",),
        offsets=np.array([0, len(times_R)]),
        timestamps_R=times_R,
        fields={"close": values_R},
    )
    return Given(panel=panel)


def joined(bars: Given, other: Given, stamps: tuple[str, str], lag_days: float, lag_bars: int) -> Joined:
    vix = Reference(
        source=other,
        field="close",
        symbol=None,
        stamps=stamps[1],
        lag_days=lag_days,
        lag_bars=lag_bars,
        max_age_days=10.0,
    )
    return Joined(
        main=bars, stamps=stamps[0], references={"vix": vix}, groups={}, universe_file=None, universe_field=None
    )


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.sampled_from(["date", "end"]), st.sampled_from(["date", "end"])),
    st.sampled_from([0.0, 0.5, 1.0, 5.0]),
    st.integers(0, 3),
    st.integers(1, 119),
    st.sampled_from(["revised", "cut", "missing"]),
    st.integers(0, 2**32 - 1),
)
def test_later_observations_change_no_feature(
    stamps: tuple[str, str], lag_days: float, lag_bars: int, cut: int, fate: str, seed: int
) -> None:
    random = np.random.default_rng(seed)
    hours = np.timedelta64(15, "h")
    bars = series(DAYS + hours * (stamps[0] == "end"), random.uniform(1, 2, 120))
    there = np.sort(random.choice(120, 90, replace=False))
    times, values = DAYS[there] + hours * (stamps[1] == "end"), random.uniform(10, 20, 90)
    decided = bars.panel.timestamps_R[cut] + DAY * (stamps[0] == "date")
    published = times + DAY * (stamps[1] == "date") + np.timedelta64(int(24 * lag_days), "h")
    later = published > decided
    if fate == "cut":
        other = series(times[~later], values[~later])
    else:
        other = series(times, np.where(later, np.nan if fate == "missing" else -values, values))
    nodes = {"level": parse("vix"), "shock": parse("vix / mean(vix, 5) - 1"), "beta": parse("corr(close, vix, 10)")}
    before, after = (
        evaluate(nodes, joined(bars, source, stamps, lag_days, lag_bars).load(), dtype=np.float64)
        for source in (series(times, values), other)
    )
    assert before[:, : cut + 1].tobytes() == after[:, : cut + 1].tobytes()


def test_a_lag_too_short_would_be_seen() -> None:
    """The test above has teeth: with the value of the next day, a feature changes before the cut."""
    values = np.arange(120.0) + 1
    peeking = series(DAYS - DAY, values)
    revised = series(DAYS - DAY, np.where(DAYS[60] < DAYS, -values, values))
    bars = series(DAYS, values)
    before, after = (
        joined(bars, source, ("date", "date"), 0.0, 0).load().fields["vix"] for source in (peeking, revised)
    )
    assert (before[:61] != after[:61]).any()
