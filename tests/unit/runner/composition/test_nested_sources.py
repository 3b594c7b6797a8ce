"""Sources made of sources: composed by name, checked as one."""

from pathlib import Path

import pytest

from components.data.bundled import Bundled
from components.data.joined import Joined
from components.data.resampled import Resampled
from components.errors import ConfigError
from runner.composition.configure import configure

BASE = ("+experiment=sp500_volatility",)
NASDAQ = """\
# @package _global_
defaults:
  - sp500_volatility
  - /data@data.references.nasdaq.source: bundled
  - override /data: joined
data:
  references:
    nasdaq: {{source: {{dataset: nasdaq}}, field: close, symbol: null, stamps: date, lag_days: 0, lag_bars: {lag},
             max_age_days: 7}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def experiment(lag: int) -> str:
    path = Path("conf/experiment/mine.yaml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(NASDAQ.format(lag=lag))
    return "+experiment=mine"


def complaint(*overrides: str) -> str:
    with pytest.raises(ConfigError) as error:
        configure(list(overrides))
    return str(error.value)


def test_an_inner_source_is_chosen_like_any_other() -> None:
    weekly = ("data=resampled", "data@data.source=bundled", "data.bar=1d", "data.to=1w", "data.calendar=XNYS")
    built, _ = configure([*BASE, *weekly])
    assert built.data == Resampled(
        source=Bundled(dataset="sp500"), bar="1d", stamps="start", to="1w", calendar="XNYS", sum_fields=("volume",)
    )


def test_a_reference_is_added_in_the_defaults_list() -> None:
    built, composed = configure([experiment(1)])
    assert isinstance(built.data, Joined)
    assert built.data.main == Bundled(dataset="sp500")
    assert built.data.references["nasdaq"].source == Bundled(dataset="nasdaq")
    assert "nasdaq" in built.data.fields()
    assert not [notice for notice in composed.notices if notice.startswith("data:")]


def test_values_of_the_same_day_are_noticed() -> None:
    _, composed = configure([experiment(0)])
    assert (
        "data: nasdaq is joined with its value of the same day: where its market closes after the main one, that is "
        "look-ahead; a lag of one day or bar excludes it"
    ) in composed.notices


def test_problems_bear_the_dotted_path_of_the_inner_source() -> None:
    assert complaint(*BASE, "data=resampled") == "data.source.path: missing; must be text"
    assert complaint(*BASE, "data=resampled", "data.source.path=bars.csv") == (
        "data: bars.csv: no such file; give an existing CSV or Parquet file in data.source.path"
    )
    assert complaint(experiment(1), "data.references.nasdaq.lag_bars=-1", "data.references.nasdaq.stamp=end") == (
        "data.references.nasdaq.stamp: unknown key; did you mean 'data.references.nasdaq.stamps'?\n"
        "data.references.nasdaq.lag_bars: -1 is not allowed; must be >= 0"
    )
    assert complaint(experiment(1), "data.references.nasdaq.field=last") == (
        "data.references.nasdaq.field: the source has no field 'last'; fields: open, high, low, close, volume"
    )


def test_a_scalar_in_place_of_a_section_is_named() -> None:
    assert complaint(*BASE, "data=joined", "+data.references.vix=5") == (
        "data.references.vix: 5 is not allowed; must be a section with source, field, symbol, stamps, lag_days, "
        "lag_bars, max_age_days, by"
    )
    assert complaint(*BASE, "data=joined", "data.references=5") == (
        "data.references: 5 is not allowed; must be a map of names to values"
    )
