"""What the checks find says nothing about the vault."""

import io
from pathlib import Path

import numpy as np
import pytest

from components.errors import DataError
from runner.composition.configure import configure
from runner.compute.pipeline import open_cache, prepare
from runner.compute.vault import visible_bars
from runner.console import Console
from runner.promotion.vault import findings_of_all
from runner.specification.places import HERE

OVERRIDES = ["+experiment=sp500_volatility", "data=files", "data.path=bars.csv"]


@pytest.fixture
def bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three hundred clean days; then, in 2001, a crash and a duplicate bar."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 300)))
    days = np.busday_offset("2000-01-03", np.arange(300))
    rows = [f"{day},{p:.4f},{p * 1.01:.4f},{p * 0.99:.4f},{p:.4f},1000" for day, p in zip(days, close, strict=True)]
    vault = ["2001-06-01,1,1,1,1,1", "2001-06-01,1,1,1,1,1"]
    Path("bars.csv").write_text("\n".join(["date,open,high,low,close,volume", *rows, *vault]))
    return Path("bars.csv")


def test_bars_of_the_vault_are_not_checked(bars: Path) -> None:
    experiment, _ = configure([*OVERRIDES, "split.vault_start=2001-05-01"])
    visible, _ = visible_bars(experiment.data, experiment.split)
    panel, findings = experiment.quality.inspect(visible)
    assert findings == ()
    assert panel.n_rows == 300


def test_before_a_vault_is_opened_all_bars_are_checked_with_what_is_sealed(bars: Path) -> None:
    experiment, _ = configure([*OVERRIDES, "split.vault_start=2001-05-01"])
    cache = open_cache(HERE, Console(io.StringIO()))
    assert prepare(experiment, cache).findings == ()
    with pytest.raises(DataError, match=r"^bars\.csv: duplicate bar: symbol bars, 2001-06-01 00:00:00;"):
        findings_of_all(experiment, cache)
    mended, _ = configure([*OVERRIDES, "split.vault_start=2001-05-01", "quality=mend"])
    assert [finding.check for finding in findings_of_all(mended, cache)] == ["duplicates", "gaps", "outliers"]
    asking, _ = configure([*OVERRIDES, "split.vault_start=2001-05-01", "quality=mend", "quality.minimum_history=302"])
    with pytest.raises(DataError, match=r"has 301 bars with a open, quality\.minimum_history asks for 302"):
        findings_of_all(asking, cache)


def test_without_a_vault_they_are(bars: Path) -> None:
    experiment, _ = configure([*OVERRIDES, "split.vault_start=null"])
    with pytest.raises(DataError, match=r"^bars\.csv: duplicate bar: symbol bars, 2001-06-01 00:00:00;"):
        experiment.quality.inspect(visible_bars(experiment.data, experiment.split)[0])
    mended, _ = configure([*OVERRIDES, "split.vault_start=null", "quality=mend"])
    panel, findings = mended.quality.inspect(visible_bars(mended.data, mended.split)[0])
    assert panel.n_rows == 301
    assert [(finding.check, finding.action) for finding in findings] == [
        ("duplicates", "repaired"),
        ("gaps", "kept"),
        ("outliers", "kept"),
    ]
