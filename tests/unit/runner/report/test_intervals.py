"""The pictures of calibrated forecasts."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from runner.recording.run_folder import RunFolder
from runner.report import forecast_pictures, interval_pictures, theme


def changed(folder: Path, **columns: Callable[[pd.DataFrame], pd.Series]) -> RunFolder:
    file = folder / "forecasts.parquet"
    pd.read_parquet(file).assign(**columns).to_parquet(file)
    return RunFolder.open(folder)


def test_a_run_without_intervals_has_no_picture_of_them(build_run: Callable[..., Path]) -> None:
    assert interval_pictures.coverage_by_fold(RunFolder.open(build_run("level"))) is None


def test_coverage_is_that_of_each_fold_beside_the_promised_one(build_run: Callable[..., Path]) -> None:
    ends = {"lower": lambda f: f["forecast"] - 0.5, "upper": lambda f: f["forecast"] + 0.5}
    run = changed(build_run("level", interval_coverage=0.9), **ends)
    with theme.styled():
        made = interval_pictures.coverage_by_fold(run)
        band = forecast_pictures.through_time(run)
    assert made is not None
    left, right = made.axes
    inside = (run.test["target"] - run.test["forecast"]).abs() <= 0.5
    measured = next(line for line in left.lines if len(line.get_ydata()) > 2)
    assert measured.get_ydata() == pytest.approx(inside.groupby(run.test["fold"]).mean().to_numpy())
    assert [bar.get_height() for bar in right.patches] == pytest.approx([1.0] * len(right.patches))
    assert "promised 90%" in [text.get_text() for text in left.get_legend().get_texts()]
    assert band is not None
    assert "interval" in [text.get_text() for text in band.axes[0].get_legend().get_texts()]


def test_reliability_shows_the_raw_forecasts_too(build_run: Callable[..., Path]) -> None:
    folder = build_run("direction")
    with theme.styled():
        plain = forecast_pictures.calibration(RunFolder.open(folder))
        both = forecast_pictures.calibration(changed(folder, uncalibrated=lambda f: f["forecast"] - 0.1))
    legends = [[text.get_text() for text in each.axes[0].get_legend().get_texts()] for each in (plain, both)]
    assert legends == [["perfect", "group mean ± 2 s.e."], ["perfect", "raw", "calibrated"]]
