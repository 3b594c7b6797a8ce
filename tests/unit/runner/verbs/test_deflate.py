"""The verb `deflate`: its figures against published ones and slow formulas, its words, its complaints."""

import gzip
import json
import math
import re
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from components.errors import ConfigError, DataError
from components.statistics.sharpe import SharpeSample
from runner.cli import perform
from runner.judging.figures import Tries, figures


@pytest.fixture
def returns(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    path = tmp_path / "returns.csv"
    days = np.datetime64("2020-01-06") + np.arange(520)
    days = days[(days.astype(int) + 3) % 7 < 5]
    lines = [f"{day},{value:.8f}" for day, value in zip(days, rng.normal(0.0008, 0.01, len(days)), strict=True)]
    path.write_text("date,return\n" + "\n".join(lines) + "\n")
    return path


def content(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert perform("deflate", [*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_the_published_deflated_ratio_is_reproduced() -> None:
    # Bailey & Lopez de Prado 2014, The Deflated Sharpe Ratio, numerical example: 2.5 a year over 1,250 days,
    # skew -3, kurtosis 10, variance of 100 trials 1/2 a year: luck's best 1.79 a year, DSR 0.9004.
    sample = SharpeSample(sharpe=2.5 / math.sqrt(250), n=1250, skew=-3.0, kurtosis=10.0)
    tries = Tries(trials=100, effective=100.0, variance=0.5 / 250, because="as published")
    value = {figure.name: figure.value for figure in figures(sample, 250, tries)}
    assert value["dsr"] == pytest.approx(0.90039683, abs=1e-7)
    assert value["expected_maximum"] == pytest.approx(1.78941, abs=1e-5)
    assert value["psr_2012"] == pytest.approx(0.999997, abs=1e-6)


def test_the_two_conventions_differ_as_published() -> None:
    # Lopez de Prado, Lipton & Zoonekynd 2025: PSR 0.987 where the convention of 2012 gives 0.913.
    sample = SharpeSample(sharpe=0.036 / 0.079, n=24, skew=-2.448, kurtosis=10.164)
    value = {figure.name: figure.value for figure in figures(sample, 12, None)}
    assert value["psr_2025"] == pytest.approx(0.98721, abs=1e-5)
    assert value["psr_2012"] == pytest.approx(0.9127, abs=1e-4)


def test_figures_of_a_file_are_those_of_the_formulas(returns: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = content(capsys, returns)
    r = np.array([float(line.split(",")[1]) for line in returns.read_text().splitlines()[1:]])
    ratio, z = r.mean() / r.std(ddof=1), (r - r.mean()) / r.std()
    error = math.sqrt((1 - (z**3).mean() * ratio + ((z**4).mean() - 1) / 4 * ratio**2) / (len(r) - 1))
    year = math.sqrt(found["periods_per_year"])
    assert 255 < found["periods_per_year"] < 263
    assert found["figures"]["sharpe"] == pytest.approx(ratio * year)
    assert found["figures"]["sharpe_low"] == pytest.approx((ratio - 1.959964 * error) * year, rel=1e-5)
    assert found["figures"]["psr_2012"] == pytest.approx(NormalDist().cdf(ratio / error))
    assert "dsr" not in found["figures"]


def test_more_tries_deflate_more(returns: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, ten, thousand = (content(capsys, returns, "--trials", n)["figures"] for n in (1, 10, 1000))
    assert one["dsr"] == pytest.approx(one["psr_2012"])
    assert one["dsr"] > ten["dsr"] > thousand["dsr"]
    assert one["dsr_strict"] > ten["dsr_strict"] > thousand["dsr_strict"]


def test_a_matrix_of_copies_is_worth_one_try(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(0, 0.01, (400, 1))
    matrix = base + rng.normal(0, 1e-5, (400, 6))
    path = write(tmp_path / "m.csv", "a,b,c,d,e,f\n" + "\n".join(",".join(map(str, row)) for row in matrix) + "\n")
    found = content(capsys, path, "--column", "b", "--matrix", path)
    assert found["tries"]["trials"] == 6
    assert 1 <= found["figures"]["effective_trials"] < 1.1
    assert 0 <= found["figures"]["pbo"] <= 1
    assert 0 <= found["figures"]["loss"] <= 1
    assert found["figures"]["dsr"] > 0.9 * found["figures"]["psr_2012"], "copies do not disperse"


def test_plain_output_is_whole_sentences_of_at_most_100_columns(
    returns: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert perform("deflate", [str(returns), "--trials", "20"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    assert "Confidence that the true ratio is above luck's best, as" in out
    assert "DSR (strict)" in out
    assert "PSR (2012)" in out
    assert "PSR (2025)" in out


NUMBERS = "\n".join(f"{value:.4f}" for value in np.random.default_rng(1).normal(0, 0.01, 30))
HOSTILE = {
    "prices": ("close\n" + "\n".join(f"{100 + i}" for i in range(30)), "looks like prices, not returns"),
    "percent": ("r\n" + "\n".join(f"{(-1) ** i * 2.5}" for i in range(30)), "holds -2.5, a loss of more than 100 %"),
    "text": ("r\n" + NUMBERS + "\nabc\n", "line 32: 'abc' is no number (r); mend it"),
    "percents among others": (
        "r\n1.5%\n0.02\n",
        "line 3: '0.02' (r), but '1.5%' in line 2: percents stand beside plain numbers",
    ),
    "no header": ("2020-01-01,0.01\n2020-01-02,0.02\n", "column 'column_2' holds 2 returns; at least 10 are needed"),
    "twice a name": ("date,r,r\n2020-01-01,0.01,0.02\n", "two columns are called 'r'; rename or drop one of them"),
    "truth": ("r\n" + "True\nFalse\n" * 20, "column 'r' holds True and False, not returns"),
    "huge": ("r\n" + NUMBERS + "\n1e300\n", "column 'r' holds 1e+300, which is no return; mend or empty it"),
    "no date": ("date,r\n2020-01-01,0.01\n,0.02\n", "line 3: '' is no date in the format ISO 8601"),
    "no name": (",r\n0,a\n1,b\n", "the column of numbers has no name; write one into the header"),
    "few": ("r\n0.01\n-0.02\n", "column 'r' holds 2 returns; at least 10 are needed"),
    "flat": ("r\n" + "0.01\n" * 30, "column 'r' does not vary; a Sharpe ratio needs risk"),
    "two": ("a,b\n" + "\n".join("0.01,0.02" for _ in range(30)), "choose one with --column: a, b"),
    "header": ("r\n", "has a header and no rows"),
    "nothing": ("", "r.csv: no column and no row; give a table"),
    "ragged": ("a,b\n1,2\n1,2,3,4\n", "line 3: 4 values, the header has 2; mend the line"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_one_clear_line(name: str, tmp_path: Path) -> None:
    text, says = HOSTILE[name]
    with pytest.raises(DataError) as error:
        perform("deflate", [str(write(tmp_path / "r.csv", text))])
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert "r.csv" in str(error.value)


WRITTEN = {
    "plain": lambda text: text.encode(),
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "decimal commas": lambda text: text.replace(",", ";").replace(".", ",").encode(),
    "from Excel": lambda text: b"sep=;\r\n" + text.replace(",", ";").replace("\n", "\r\n").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "quoted": lambda text: re.sub(r"[^,\n]+", r'"\g<0>"', text).encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "first column without a name": lambda text: text.replace("date,return", "return", 1).encode(),
    "other names": lambda text: text.replace("date,return", "день,доход", 1).encode(),
    "times with zones": lambda text: re.sub(r"(?m)^(\d{4}-\d\d-\d\d)", r"\1T16:00:00-05:00", text).encode(),
    "an index": lambda text: "".join(f"{i or ''},{line}\n" for i, line in enumerate(text.splitlines())).encode(),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_the_same_returns_give_the_same_figures_however_they_are_written(
    way: str, returns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / ("other.csv.gz" if way == "gzip" else "other.csv")
    other.write_bytes(WRITTEN[way](returns.read_text()))
    wanted, found = content(capsys, returns, "--trials", 5), content(capsys, other, "--trials", 5)
    assert found["figures"] == pytest.approx(wanted["figures"])
    assert found["periods_per_year"] == pytest.approx(wanted["periods_per_year"])


def test_years_are_dates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(f"{1970 + i},{value}" for i, value in enumerate(NUMBERS.splitlines()))
    found = content(capsys, write(tmp_path / "r.csv", f"year,r\n{rows}\n"))
    assert found["returns"] == 30
    assert found["periods_per_year"] == pytest.approx(1.0, abs=0.01)


def test_names_are_corrected(returns: Path) -> None:
    with pytest.raises(DataError, match=r"--column retrun: no such column; did you mean 'return'\?"):
        perform("deflate", [str(returns), "--column", "retrun"])
    with pytest.raises(DataError, match=r"no such file; did you mean 'returns.csv'\?"):
        perform("deflate", [str(returns.with_name("return.csv"))])
    with pytest.raises(ConfigError, match="--trials 0: must be at least 1"):
        perform("deflate", [str(returns), "--trials", "0"])


def dated(values: np.ndarray, first: str = "2015-01-05", hole: bool = False) -> str:
    days = np.arange(first, "2030-01-01", dtype="datetime64[D]")
    days = days[np.is_busday(days)]
    if hole:
        days = days[(days < np.datetime64("2016-01-01")) | (days >= np.datetime64("2018-06-01"))]
    return "date,x\n" + "".join(f"{day},{value:.8f}\n" for day, value in zip(days, values, strict=False))


STEPS = np.random.default_rng(3).normal(0.0005, 0.01, 500)
LEVELS = {
    "an equity curve below one": 0.4 * np.cumprod(1 + STEPS),
    "an equity curve in millions": 1e5 * np.cumprod(1 + STEPS) / 1e6,
    "returns that were added up": np.cumsum(STEPS),
    "the log of an equity curve": np.log(0.3 * np.cumprod(1 + STEPS)),
    "drawdowns": np.minimum(np.cumsum(STEPS) - np.maximum.accumulate(np.cumsum(STEPS)), -1e-9),
    "a short curve by months": 0.3 * np.cumprod(1 + STEPS[:24]),
}


@pytest.mark.parametrize("name", LEVELS)
def test_a_level_is_no_series_of_returns(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"moves like a level, not like returns|looks like prices") as error:
        perform("deflate", [str(write(tmp_path / "r.csv", dated(LEVELS[name])))])
    assert "p[t] / p[t-1] - 1" in str(error.value)


def smoothed(persistence: float, rows: int) -> np.ndarray:
    x = np.random.default_rng(5).normal(0.004, 0.01, rows)
    for i in range(1, rows):
        x[i] = persistence * x[i - 1] + (1 - persistence) * x[i]
    return x


@pytest.mark.parametrize(
    "values", [STEPS, smoothed(0.7, 120), smoothed(0.8, 60), np.abs(STEPS), -np.abs(STEPS)], ids=str
)
def test_smoothed_appraised_and_one_sided_returns_are_returns(
    values: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert content(capsys, write(tmp_path / "r.csv", dated(values)))["returns"] == len(values)


def test_a_hole_of_years_is_said_and_changes_no_ratio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = content(capsys, write(tmp_path / "whole.csv", dated(STEPS)))
    holed = content(capsys, write(tmp_path / "holed.csv", dated(STEPS, hole=True)))
    assert holed["figures"]["sharpe"] == pytest.approx(whole["figures"]["sharpe"], rel=0.01)
    assert whole["periods_because"] == "from the dates in 'date'"
    assert holed["periods_because"] == "by the usual spacing of the dates in 'date'; a hole is left out"


def matrix(*columns: np.ndarray) -> str:
    header = ",".join("abcdefgh"[: len(columns)])
    return header + "\n" + "".join(",".join(f"{x:.8f}" for x in row) + "\n" for row in zip(*columns, strict=True))


def test_a_matrix_of_another_length_or_without_the_judged_returns_is_refused(tmp_path: Path) -> None:
    judged = write(tmp_path / "r.csv", matrix(STEPS))
    short = write(tmp_path / "short.csv", matrix(STEPS[:400], -STEPS[:400]))
    with pytest.raises(
        DataError, match="holds 400 rows, the returns under judgement 500; give every try over the same"
    ):
        perform("deflate", [str(judged), "--matrix", str(short)])
    others = write(tmp_path / "others.csv", matrix(-STEPS, STEPS[::-1]))
    with pytest.raises(
        DataError, match=r"no column holds the returns under judgement \('a'\); the tries include the one"
    ):
        perform("deflate", [str(judged), "--matrix", str(others)])


def test_identical_tries_are_one_try(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged = write(tmp_path / "r.csv", matrix(STEPS))
    twins = content(capsys, judged, "--matrix", write(tmp_path / "twins.csv", matrix(STEPS, STEPS)))
    assert twins["tries"]["trials"] == 1
    assert "pbo" not in twins["figures"]
    assert twins["figures"]["dsr"] == pytest.approx(twins["figures"]["psr_2012"])
    once = content(capsys, judged, "--matrix", write(tmp_path / "m.csv", matrix(STEPS, -STEPS, STEPS[::-1])))
    again = matrix(STEPS, STEPS, -STEPS, STEPS[::-1], STEPS[::-1])
    twice = content(capsys, judged, "--matrix", write(tmp_path / "n.csv", again))
    assert twice["figures"] == pytest.approx(once["figures"])
    assert twice["tries"]["because"] == "measured from the returns in the matrix, 2 of 5 columns told again"
