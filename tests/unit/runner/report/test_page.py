"""The report as a reader gets it: self-contained, verdict first, true to the run folder."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from components.errors import OutputError
from runner.recording.run_folder import RunFolder
from runner.report import forecast_pictures, portfolio_pictures, write_report
from runner.report.page import render

BuildRun = Callable[..., Path]

PICTURES = {
    "level": ["calibration", "costs", "equity", "folds", "forecast", "splits"],
    "direction": ["calibration", "costs", "equity", "folds", "forecast", "splits"],
    "return": ["calibration", "costs", "equity", "folds", "quintiles", "splits"],
}
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Checks that tags nest, and collects text and addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for name, v in attributes if name in ("src", "href", "srcset", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, write_run: Callable[[Path, str], Path]) -> dict[str, Path]:
    """kind -> folder of a run whose report is written."""
    folders = {kind: write_run(tmp_path_factory.mktemp("runs") / kind, kind) for kind in PICTURES}
    for folder in folders.values():
        assert write_report(folder) == folder / "report.html"
    return folders


def html_of(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def without_pictures(folder: Path) -> Page:
    return Page(render(RunFolder.open(folder), {}))


def rewrite(folder: Path, name: str, **changes: object) -> None:
    file = folder / name
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.mark.parametrize("kind", PICTURES)
def test_page_is_well_formed_and_loads_nothing(reports: dict[str, Path], kind: str) -> None:
    html = html_of(reports[kind])
    page = Page(html)
    assert page.addresses
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in page.addresses)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    anchors = [address[1:] for address in page.addresses if address.startswith("#")]
    assert all(f'id="{anchor}"' in html for anchor in anchors)


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_are_drawn_and_embedded(reports: dict[str, Path], kind: str) -> None:
    files = sorted((reports[kind] / "plots").iterdir())
    assert [file.name for file in files] == [f"{name}.png" for name in PICTURES[kind]]
    html = html_of(reports[kind])
    for file in files:
        picture = Image.open(file).convert("RGB")
        assert picture.width == 1600
        colors = picture.getcolors(maxcolors=1_000_000)
        assert len(colors) > 50, file.name
        white = {color: count for count, color in colors}[255, 255, 255]
        assert 0.4 < white / (picture.width * picture.height) < 0.98, file.name
        assert base64.b64encode(file.read_bytes()).decode() in html


@pytest.mark.parametrize("kind", PICTURES)
def test_nothing_is_drawn_beyond_the_edge(reports: dict[str, Path], kind: str) -> None:
    for file in (reports[kind] / "plots").iterdir():
        picture = np.asarray(Image.open(file).convert("RGB"))
        edges = [picture[0], picture[-1], picture[:, 0], picture[:, -1]]
        assert all((edge == 255).all() for edge in edges), file.name


def test_same_folder_gives_same_bytes(reports: dict[str, Path]) -> None:
    folder = reports["level"]
    before = {file: file.read_bytes() for file in [folder / "report.html", *(folder / "plots").iterdir()]}
    settings = dict(mpl.rcParams)
    write_report(folder)
    assert {file: file.read_bytes() for file in before} == before
    assert dict(mpl.rcParams) == settings
    assert b"matplotlib" not in before[folder / "plots" / "equity.png"].lower()


def test_verdict_stands_first(reports: dict[str, Path]) -> None:
    passed, rejected = (Page(html_of(reports[kind])).text for kind in ("level", "direction"))
    assert "○ Candidate All 3 required gates passed. Hallmarked is only what passes gates=strict" in passed
    assert "Errors are 13.6 % smaller than those of last_value." in passed
    assert "It is trial 3 of 7 on this data." in passed
    assert "beats_har (advisory): Errors are 13.5 % larger than those of har (t = −4.80)." in passed
    assert "✗ Rejected 2 of 3 required gates failed: direction_skill, beats_train_mean." in rejected
    for text in (passed, rejected):
        order = [
            "required gates",
            "trial 3 of 7",
            "Before you trust",
            "Sharpe ratio",
            "Test spans",
            "Data fingerprint",
        ]
        assert sorted(order, key=text.index) == order


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("return", "picked with hindsight (survivorship bias)"),
        ("direction", "Whether the data still hold what failed or was delisted is not known"),
        ("direction", "The bar after the decision is not tradable at its own close."),
        ("return", "The code had uncommitted changes"),
    ],
)
def test_cautions(reports: dict[str, Path], kind: str, sentence: str) -> None:
    text = Page(html_of(reports[kind])).text
    assert text.index("Before you trust a figure") < text.index(sentence) < text.index("Sharpe ratio")
    assert sentence not in Page(html_of(reports["level"])).text


def test_page_shows_what_the_run_wrote(reports: dict[str, Path]) -> None:
    page = Page(html_of(reports["level"]))
    for expected in (
        "Target a quantity that is not traded itself Forecast passed",
        "Target: log(mean(ref(rv, -5), 5))",
        "R² 0.641 0.585 0.684 0.641",
        "Deepest drawdown −31.2 % −46.7 %",
        "Sortino ratio 0.49 –",
        "rv_22 log(mean(rv, 22)) 21",
        "2003-01-02 to 2005-10-01 690",
        "_target_: components.model.lightgbm.LightGBM",
        "arch/sp500: 5,031 bars of 1 symbol; survivorship free, adjustment total",
        "9c" * 32,
        "numpy 2.4.6, lightgbm 4.7.0, pandas 3.0.6",
        "features 0.00 s yes",
    ):
        assert expected in page.text, expected


def test_hostile_names_stay_text(build_run: BuildRun) -> None:
    evil = "<script>alert('1')</script>\"><img src=http://evil.example/x>"
    folder = build_run(
        "level",
        experiment=evil,
        notices=[evil],
        features={evil: {"expression": evil, "lookback_bars": 1}},
        local_files=[evil],
        choices={"model": evil},
    )
    rewrite(
        folder,
        "gates.json",
        passed=False,
        gates=[{"name": evil, "status": "failed", "required": True, "value": 1, "threshold": 2, "says": evil}],
    )
    rewrite(folder, "metrics.json", **{f"test/{evil.replace('/', '')}/r2": 0.1})
    (folder / "config.yaml").write_text(f"name: {evil}</pre>")
    page = without_pictures(folder)
    assert page.text.count("<script>alert('1')</script>") >= 8
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert all(address.startswith("#") for address in page.addresses)


def test_missing_numbers_are_dashes(build_run: BuildRun) -> None:
    folder = build_run("level")
    rewrite(folder, "metrics.json", **{"test/r2": None, "backtest/sharpe": None, "test/mae": float("nan")})
    text = without_pictures(folder).text
    assert "R² – 0.585 0.684 0.641" in text
    assert "Mean absolute error – – – 0.4123" in text
    assert "Sharpe ratio – benchmark 0.31" in text
    assert not re.search(r"\b(nan|NaN|None|inf)\b", text)


def test_run_that_did_not_finish_has_no_verdict(build_run: BuildRun) -> None:
    text = without_pictures(build_run("level", state="interrupted")).text
    assert "No verdict The run did not finish (state: interrupted)." in text
    assert "required gates" not in text


def test_debug_run_is_no_trial(build_run: BuildRun) -> None:
    trial = {"key": None, "number": None, "family_trials": 0, "counted": False}
    text = without_pictures(build_run("level", trial=trial, git=None, ledger_head=None, bundle=None)).text
    assert "This run is no trial: it is not counted and cannot be promoted." in text
    assert "Bundle not promoted" in text


def shorten(folder: Path, name: str, rows: int) -> None:
    frame = pd.read_parquet(folder / f"{name}.parquet")
    frame.head(rows).to_parquet(folder / f"{name}.parquet")


def test_run_without_trades(build_run: BuildRun) -> None:
    folder = build_run("level")
    shorten(folder, "trades", 0)
    frame = pd.read_parquet(folder / "equity.parquet")
    frame = frame.assign(equity=1e6, benchmark_equity=1e6, cost_commission=0.0, cost_financing=0.0, interest=0.0)
    frame.to_parquet(folder / "equity.parquet")
    assert portfolio_pictures.costs(RunFolder.open(folder)) is None
    assert portfolio_pictures.equity(RunFolder.open(folder)) is not None
    text = without_pictures(folder).text
    assert "Net profit 0 0.0 %" in text
    assert "Trades 0" in text
    assert "Cost per traded notional –" in text


def test_ruin_is_drawn_on_a_linear_scale(build_run: BuildRun) -> None:
    folder = build_run("level")
    frame = pd.read_parquet(folder / "equity.parquet")
    frame.loc[frame.index[1000:], "equity"] = 0.0
    frame.to_parquet(folder / "equity.parquet")
    growth = portfolio_pictures.equity(RunFolder.open(folder)).axes[0]
    assert growth.get_yscale() == "linear"


def test_a_baseline_far_off_does_not_squeeze_the_folds(build_run: BuildRun) -> None:
    axes = forecast_pictures.by_fold(RunFolder.open(build_run("level"))).axes[0]
    assert axes.get_ylim()[0] > -2
    assert [text.get_text() for text in axes.texts] == ["−9.300"]


@pytest.mark.parametrize("rows", [0, 1, 30])
def test_run_with_hardly_any_rows(build_run: BuildRun, rows: int) -> None:
    folder = build_run("level", folds=[])
    for name in ("forecasts", "equity", "trades", "weights"):
        shorten(folder, name, 400 + rows if name == "forecasts" and rows else max(rows, 1))
    (folder / "metrics.json").write_text("{}")
    assert write_report(folder).is_file()
    Page(html_of(folder))


def test_report_in_the_way_is_one_line(build_run: BuildRun) -> None:
    folder = build_run("level")
    (folder / "plots").write_text("a file")
    with pytest.raises(OutputError) as caught:
        write_report(folder)
    assert str(caught.value) == f"{folder}: the report cannot be written (File exists)"
    assert not (folder / "report.html").exists()


@pytest.fixture(autouse=True)
def _no_leftover_temporary_files(tmp_path: Path) -> Iterator[None]:
    yield
    assert list(tmp_path.rglob(".*")) == []


def test_what_would_suffice_and_what_figures_mean_have_their_place(build_run: BuildRun) -> None:
    folder = build_run("direction")
    failed = {"name": "skill", "status": "failed", "required": True, "value": 0.4, "threshold": 0.05, "skill": True}
    rewrite(
        folder, "gates.json", passed=False, gates=[{**failed, "says": "Luck (t = 0.2). More.", "suffices": "More."}]
    )
    text = without_pictures(folder).text
    assert "Why skill: Luck (t = 0.2). What would suffice skill More. Before you trust a figure" in text
    assert "What the figures mean" in text
    assert "Accuracy Share of calls that were right" in text
    assert "t How many standard errors a figure is away" in text
    plain = without_pictures(build_run("level")).text
    assert "What would suffice" not in plain
