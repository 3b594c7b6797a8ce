"""Data that cannot be used: one line, exit code 3 (2 where the check finds it), nothing written."""

from pathlib import Path

import numpy as np
import pytest

from harness import ended

FROM_FILE = ("+experiment=sp500_volatility", "tracking=none", "data=files", "data.path=bars.csv")


def write_bars(folder: Path, n: int, *, damage: str = "") -> None:
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    times = np.datetime64("2000-01-03") + np.arange(n)
    lines = ["date,open,high,low,close,volume"]
    for time, price in zip(times, close, strict=True):
        lines.append(f"{time},{price:.4f},{price * 1.01:.4f},{price * 0.99:.4f},{price:.4f},1000")
    (folder / "bars.csv").write_text("\n".join(lines) + "\n" + damage)


CASES = {
    "duplicate": (
        "2000-01-03,1,1,1,1,1\n" * 2,
        "bars.csv: duplicate bar: symbol bars, 2000-01-03 00:00:00; keep one of the two rows",
    ),
    "bad date": (
        "yesterday,1,1,1,1,1\n",
        "bars.csv: line 302: 'yesterday' is no date in the format ISO 8601 (2020-12-31); "
        "mend it or set data.date_format",
    ),
    "high below low": (
        "2010-01-03,5,4,6,5,1\n",
        "bars.csv: high 4 is below low 6: symbol bars, 2010-01-03 00:00:00; mend the bar (are the columns swapped?)",
    ),
    "negative price": (
        "2010-01-03,5,6,4,-5,1\n",
        "bars.csv: close is -5: symbol bars, 2010-01-03 00:00:00; prices must be positive, "
        "mend the value or drop the bar",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_bars(case: str, tmp_path: Path) -> None:
    damage, message = CASES[case]
    write_bars(tmp_path, 300, damage=damage)
    process = ended(tmp_path, *FROM_FILE, "split.vault_start=null")
    assert process.returncode == 3
    assert process.stderr.strip().splitlines()[-1] == message
    assert not (tmp_path / "outputs" / "runs").exists()


def test_fewer_bars_than_the_warm_up(tmp_path: Path) -> None:
    write_bars(tmp_path, 40)
    process = ended(tmp_path, *FROM_FILE, "split.vault_start=null")
    assert process.returncode == 3
    assert process.stderr.strip().splitlines()[-1] == (
        "features: no bar has all features: 'log_variance_66' has a value at 0 of 40 bars (the longest "
        "symbol has 40); give more bars, shorten its windows or mend its inputs"
    )


def test_fewer_bars_than_one_fold(tmp_path: Path) -> None:
    write_bars(tmp_path, 70)
    process = ended(tmp_path, *FROM_FILE, "split.vault_start=null")
    assert process.returncode == 3
    assert process.stderr.strip().splitlines()[-1] == (
        "split: fold 1 has no train rows left after purging labels of 5 bars; lengthen the span, shorten the horizon "
        "or give more bars"
    )


def test_a_vault_that_leaves_nothing(tmp_path: Path) -> None:
    write_bars(tmp_path, 300)
    process = ended(tmp_path, *FROM_FILE, "split.vault_start=1990-01-01")
    assert process.returncode == 3
    assert (
        process.stderr.strip().splitlines()[-1] == "split.vault_start: no bars before 1990-01-01; choose a later date"
    )


def test_a_missing_file_is_found_by_the_check(tmp_path: Path) -> None:
    process = ended(tmp_path, *FROM_FILE)
    assert process.returncode == 2
    assert process.stderr.strip() == "data: bars.csv: no such file; give an existing CSV or Parquet file in data.path"


def test_a_strangers_csv_runs(tmp_path: Path) -> None:
    write_bars(tmp_path, 1200)
    process = ended(tmp_path, *FROM_FILE, "split.vault_start=null", "debug=fast")
    assert process.returncode == 0, process.stderr
    assert "Report" in process.stdout
