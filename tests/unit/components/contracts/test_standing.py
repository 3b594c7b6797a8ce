"""What stands in where a source cannot be had: for its own reasons only, and never in silence."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.contracts import Source
from components.data.files import Files
from components.errors import AssayError, ConfigError, DataError, Unavailable
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import parameters
from runner.compute.keys import plain

LINES = ["AAA,2020-01-01,1,10", "AAA,2020-01-02,2,20", "BBB,2020-01-01,3,30", "BBB,2020-01-02,4,40"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, factor: int = 1, header: str = "symbol,timestamp,close,volume") -> None:
    rows = [line.split(",") for line in LINES]
    lines = [",".join([s, t, str(int(c) * factor), v]) for s, t, c, v in rows]
    Path(name).write_text("\n".join([header, *lines]))


def section(path: str, fallback: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    base = {"_target_": "components.data.files.Files", **Files.examples()[0], "path": path, "fallback": fallback}
    return base | changes


def source(path: str, fallback: dict[str, Any] | None = None, **changes: Any) -> Source:
    return build(Source, section(path, fallback, **changes), path="data")  # type: ignore[type-abstract]


def test_every_source_takes_one() -> None:
    for name in catalogue().fitting(Source):
        assert "fallback" in parameters(catalogue()[name]), name


def test_it_stands_in_where_the_file_is_missing_and_a_notice_says_so() -> None:
    written("second.csv", factor=2)
    both = source("first.csv", section("second.csv", survivorship="biased"))
    panel = both.load()
    assert list(panel.fields["close"]) == [2.0, 4.0, 6.0, 8.0]
    assert panel.notices == (
        "data: the fallback stood in (bars from second.csv; adjustment raw, survivorship biased): first.csv: no such "
        "file; give an existing CSV or Parquet file in data.path",
    )
    assert both.bars().notices == panel.notices
    assert both.fields() == ("close", "volume")


def test_the_first_one_that_can_be_had_is_used_and_nothing_is_said() -> None:
    written("first.csv")
    written("second.csv", factor=2)
    panel = source("first.csv", section("second.csv")).load()
    assert list(panel.fields["close"]) == [1.0, 2.0, 3.0, 4.0]
    assert panel.notices == ()
    Path("first.csv").unlink()
    chain = source("first.csv", section("nowhere.csv", section("second.csv")))
    assert list(chain.load().fields["close"]) == [2.0, 4.0, 6.0, 8.0]
    assert len(chain.load().notices) == 2


def test_a_fallback_that_is_missing_is_no_error_before_it_is_needed() -> None:
    written("first.csv")
    both = source("first.csv", section("second.csv"))
    assert both.load().n_rows == 4
    Path("first.csv").unlink()
    with pytest.raises(Unavailable) as error:
        both.load()
    assert str(error.value) == (
        "first.csv: no such file; give an existing CSV or Parquet file in data.path; neither could its fallback be "
        "had: second.csv: no such file; give an existing CSV or Parquet file in data.fallback.path"
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"time_column": "when"}, None),
        ({"columns": {"close": "settle"}}, None),
        ({}, "CCC,2020-01-01,many,1"),
        ({}, "CCC,someday,1,1"),
        ({}, "AAA,2020-01-02,1,1"),
    ],
    ids=["column", "mapping", "number", "time", "duplicate"],
)
def test_wrong_settings_and_wrong_values_are_said(changes: dict[str, Any], line: str | None) -> None:
    written("first.csv")
    if line:
        Path("first.csv").write_text(Path("first.csv").read_text() + "\n" + line)
    written("second.csv", factor=2)
    alone, both = source("first.csv", **changes), source("first.csv", section("second.csv"), **changes)
    with pytest.raises(DataError) as wanted:
        alone.load()
    with pytest.raises(DataError) as error:
        both.load()
    assert str(error.value) == str(wanted.value)


def test_a_damaged_file_is_one_that_cannot_be_had() -> None:
    Path("first.csv.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    Path("first.parquet").write_bytes(b"PAR1 and no more")
    written("second.csv", factor=2)
    for name in ("first.csv.gz", "first.parquet"):
        panel = source(name, section("second.csv")).load()
        assert list(panel.fields["close"]) == [2.0, 4.0, 6.0, 8.0]
        assert panel.notices[0].startswith("data: the fallback stood in (bars from second.csv; adjustment raw, survi")
        assert name in panel.notices[0]


def test_only_what_is_asked_for_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    written("second.csv", factor=2)
    monkeypatch.delenv("ASSAY_NOWHERE", raising=False)
    both = source("first.csv", section("second.csv"), folder_env="ASSAY_NOWHERE", symbols=["BBB"])
    assert both.load().symbols == ("BBB",)
    assert "ASSAY_NOWHERE is not set" in both.load().notices[0]
    with pytest.raises(DataError) as error:
        source("first.csv", section("second.csv"), symbols=["CCC"]).load()
    assert str(error.value).endswith("; the fallback has no bars of symbol CCC in the span that is asked for")


def test_a_series_stands_in_as_bars_do() -> None:
    written("second.csv", factor=2)
    both = source("first.csv", section("second.csv"))
    series = both.series("BBB", "close")
    assert list(series.fields["close"]) == [6.0, 8.0]
    assert series.notices[0].startswith("data: the fallback stood in (bars from second.csv; ")


def test_it_must_have_the_fields_of_the_source() -> None:
    written("first.csv")
    written("second.csv", header="symbol,timestamp,close,turnover")
    with pytest.raises(ConfigError) as error:
        source("first.csv", section("second.csv")).fields()
    assert str(error.value) == (
        "fallback: it has no field 'volume', which the source has; fields of the fallback: close, turnover"
    )


def test_its_wrong_settings_are_named_with_their_place() -> None:
    written("second.csv")
    with pytest.raises(AssayError) as error:
        source("first.csv", section("second.csv", time_column="when")).load()
    assert str(error.value) == (
        "second.csv: no column 'when' (data.fallback.time_column); columns: symbol, timestamp, close, volume"
    )


def test_keys_and_contents_tell_the_two_apart() -> None:
    written("first.csv")
    written("second.csv")
    written("third.csv")
    alone = source("first.csv")
    settings = [plain(each) for each in (alone, source("first.csv", section("second.csv")))]
    assert settings[0] != settings[1]
    both = source("first.csv", section("second.csv"))
    assert both.content() == alone.content()
    Path("first.csv").unlink()
    assert both.content() == f"fallback {source('second.csv').content()}"


def test_it_stands_in_below_another_source() -> None:
    written("second.csv", factor=2)
    written("first.csv")
    resampled = {
        "_target_": "components.data.resampled.Resampled",
        "source": section("absent.csv", section("second.csv")),
        "bar": "1d",
        "stamps": "start",
        "to": "1w",
        "calendar": None,
        "sum_fields": ["volume"],
    }
    with pytest.raises(DataError) as error:  # two days are no week, but they were read
        build(Source, resampled, path="data").load()  # type: ignore[type-abstract]
    assert "no period of 1w is complete" in str(error.value)
    with pytest.raises(DataError) as error:
        build(Source, resampled | {"source": section("absent.csv")}, path="data").load()  # type: ignore[type-abstract]
    assert str(error.value) == "absent.csv: no such file; give an existing CSV or Parquet file in data.source.path"


def test_a_source_is_what_it_was_without_one() -> None:
    written("first.csv")
    own = source("first.csv")
    assert replace(source("first.csv", section("second.csv")), fallback=None) == own
