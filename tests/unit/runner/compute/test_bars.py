"""Kept bars are never other than those that reading the source now would give."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.bars import Bars
from components.contracts import Quality, Source, Split
from components.data.files import Files
from components.data.joined import Joined, Reference
from components.data.resampled import Resampled
from components.errors import DataError
from components.panel import Panel
from components.values import Finding, SourceFacts
from runner.composition.configure import configure
from runner.compute.bars import Inspected, inspect
from runner.compute.forms import INSPECTED
from runner.compute.prepared import inspected
from runner.compute.stage import Cache
from runner.storage.store import Store

FILE = Files(**{**Files.examples()[0], "path": "bars.csv", "symbol_column": None, "time_column": "date"})


class Silent:
    @contextmanager
    def stage(self, name: str) -> Any:
        @dataclass
        class Line:
            cached: bool = False
            seconds: float = 0.0

        yield Line()


def write(price: float = 100.0, name: str = "bars.csv") -> None:
    days = np.busday_offset("2000-01-03", np.arange(300))
    close = np.round(100 + np.sin(np.arange(300)), 3)
    close[17] = price
    close[200] = 5000.0  # an outlier: something is found
    Path(name).write_text("date,close\n" + "\n".join(f"{d},{c:.3f}" for d, c in zip(days, close, strict=True)) + "\n")


@pytest.fixture
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Split, Quality]:
    monkeypatch.chdir(tmp_path)
    write()
    experiment, _ = configure(["+experiment=sp500_volatility", "split.vault_start=2001-01-01"])
    return experiment.split, experiment.quality


@pytest.fixture
def read(tmp_path: Path, policies: tuple[Split, Quality]) -> Callable[..., bool]:
    """Whether the source was read anew; what is found is compared with reading it now."""
    split, quality = policies

    def read(source: Source = FILE, **others: Any) -> bool:
        given = {"split": split, "quality": quality, **others}
        cache = Cache(store=Store(tmp_path / "store"), progress=Silent())
        found = inspected(source, cache=cache, **given).value
        same(found, inspect(None, source=source, **given))
        return not cache.times[-1]["cached"]

    return read


def same(found: Inspected, now: Inspected) -> None:
    assert found.findings == now.findings
    assert found.vault_begins == now.vault_begins
    assert found.panel.fingerprint == now.panel.fingerprint
    assert list(found.panel.fields) == list(now.panel.fields)
    assert found.panel.notices == now.panel.notices


def test_bars_are_read_once(read: Callable[..., bool]) -> None:
    assert [read(), read(), read()] == [True, False, False]


def test_a_time_stamp_alone_changes_nothing(read: Callable[..., bool]) -> None:
    read()
    os.utime("bars.csv", ns=(1, 1))
    assert not read()


def test_one_price_counts(read: Callable[..., bool]) -> None:
    read()
    write(100.001)
    assert read()
    write()
    assert not read()


def test_another_file_of_the_same_size_and_time_is_noticed(read: Callable[..., bool]) -> None:
    read()
    before = Path("bars.csv").stat()
    write(100.001, "other.csv")
    Path("other.csv").replace("bars.csv")
    os.utime("bars.csv", ns=(before.st_atime_ns, before.st_mtime_ns))
    now = Path("bars.csv").stat()
    assert (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert read()


def test_policy_vault_and_settings_count(read: Callable[..., bool], policies: tuple[Split, Quality]) -> None:
    split, quality = policies
    read()
    assert read(quality=replace(quality, outlier_z=1e9))
    assert read(split=replace(split, vault_start="2000-12-01"))
    assert read(replace(FILE, columns={"price": "close"}), quality=quality)
    assert not read()


def test_a_file_that_comes_to_a_pattern_counts(read: Callable[..., bool]) -> None:
    source = replace(FILE, path="b*.csv")
    assert read(source)
    assert not read(source)
    write(name="bonds.csv")
    assert read(source)


def joined(universe: str | None = None) -> Joined:
    write(name="index.csv") if not Path("index.csv").exists() else None
    index = Reference(
        source=replace(FILE, path="index.csv"),
        field="close",
        symbol=None,
        stamps="date",
        lag_days=0.0,
        lag_bars=1,
        max_age_days=None,
    )
    return Joined(
        main=FILE,
        stamps="date",
        references={"index": index},
        groups={"kind": "groups.csv"},
        universe_file=universe,
        universe_field=None,
    )


def test_every_file_that_is_joined_counts(read: Callable[..., bool]) -> None:
    Path("groups.csv").write_text("symbol,group\nbars,a\n")
    Path("members.csv").write_text("symbol,start,end\nbars,2000-01-01,\n")
    source = joined("members.csv")
    assert read(source)
    assert not read(source)
    write(100.001, "index.csv")
    assert read(source)
    Path("groups.csv").write_text("symbol,group\nbars,b\n")
    assert read(source)
    Path("members.csv").write_text("symbol,start,end\nbars,2000-03-01,\n")
    assert read(source)
    assert not read(source)


def test_what_is_put_together_counts(read: Callable[..., bool]) -> None:
    source = Resampled(source=FILE, bar="1d", stamps="start", to="1w", calendar=None, sum_fields=())
    assert read(source)
    assert not read(source)
    write(100.001)
    assert read(source)


@dataclass(frozen=True, kw_only=True)
class Secretive(Source):
    """Says nothing about what it reads."""

    main: Source

    def facts(self) -> SourceFacts:
        return self.main.facts()

    def fields(self) -> tuple[str, ...]:
        return self.main.fields()

    def load(self) -> Panel:
        return self.main.load()

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()


def test_a_source_that_says_nothing_of_its_content_is_read_each_time(read: Callable[..., bool]) -> None:
    assert [read(Secretive(main=FILE)), read(Secretive(main=FILE))] == [True, True]
    silent = replace(joined(), main=Secretive(main=FILE), groups={})
    assert [read(silent), read(silent)] == [True, True]


@dataclass(frozen=True, kw_only=True)
class Growing(Secretive):
    """A file that grows whenever it is read."""

    def content(self) -> str | None:
        return self.main.content()

    def bars(self) -> Bars:
        found = self.main.bars()
        with Path("bars.csv").open("a") as file:
            file.write("2001-06-01,100\n")
        return found


def test_what_changes_while_it_is_read_is_not_kept(tmp_path: Path, policies: tuple[Split, Quality]) -> None:
    split, quality = policies
    cache = Cache(store=Store(tmp_path / "store"), progress=Silent())
    with pytest.raises(DataError) as raised:
        _ = inspected(Growing(main=FILE), split, quality, cache).value
    assert str(raised.value) == "bars.csv: changed while it was read; run again when it is complete"
    assert not cache.store.keys("inspect")


def test_all_of_it_is_kept() -> None:
    panel = Panel(
        symbols=("a", "b/ü"),
        offsets=np.array([0, 2, 3]),
        timestamps_R=np.array(["2000-01-01", "2000-01-02", "2000-01-01"], dtype="datetime64[us]"),
        fields={"z/z": np.array([1.0, np.nan, -0.0]), "a": np.array([np.inf, 2.0, 3.0])},
        notices=("A fallback stood in.",),
    )
    finding = Finding(check="gaps", count=1, symbol="a", timestamp="2000", example="e", action="kept")
    for begins in (None, np.datetime64("2001-01-01T12:00:00.000001", "us")):
        value = Inspected(panel=panel, findings=(finding,), vault_begins=begins)
        same(INSPECTED.decode(INSPECTED.encode(value)), value)
