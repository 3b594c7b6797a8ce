"""What `-m`, its plan and `check -m` refuse alike, before anything runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.errors import ConfigError
from runner.sweeps.checked import checked, parts_checked
from runner.sweeps.settings import asked
from runner.sweeps.sweep import sweep

LEVEL = ("+experiment=sp500_volatility",)
PENALTY = (*LEVEL, "model=ridge", "model.penalty=tag(log,interval(0.1,10))")
GRID = (*LEVEL, "model=ridge", "model.penalty=0.1,1")
SYMBOLS = (*GRID, "sweep.by=symbol")

REFUSED = {
    (*PENALTY, "sweep.search=cmea", "sweep.trials=2"): "sweep.search: 'cmea' is no search; allowed: cmaes, gp, grid,",
    (*GRID, "sweep.objectives=[test/r2]"): "sweep.objectives: 'test/r2' is not allowed",
    (*GRID, 'sweep.constraints=["valid/mae<=nan"]'): "sweep.constraints: 'valid/mae<=nan' is no constraint",
    (*GRID, "sweep.warm_start=true"): "sweep.warm_start: grid learns nothing from points that it did not choose",
    (*PENALTY, "sweep.search=nsga2"): "sweep.trials: nsga2 has no end",
    (*GRID, "sweep.prune=median", "sweep.objectives=[valid/r2,valid/mae]"): "sweep.prune: needs one objective",
    (*GRID, "sweep.null_worlds=2"): "sweep.null_worlds: a level persists",
    (*LEVEL, "sweep.trials=2"): "sweep.trials: nothing varies: 2 trials would be the same; give a parameter several",
    (*GRID, "hydra.launcher.n_jobs=2"): "hydra.launcher.n_jobs=2: without a launcher it has no effect",
    (*GRID, "sweep.storage_env=STUDY"): "sweep.storage_env: STUDY holds no SQLAlchemy URL; such as sqlite:",
}


@pytest.mark.parametrize("ways", [lambda texts: checked(asked(texts)), sweep, lambda t: sweep([*t, "sweep.plan=true"])])
@pytest.mark.parametrize("texts", REFUSED, ids=lambda texts: texts[-1])
def test_the_same_is_refused_before_anything_is_begun(
    texts: tuple[str, ...], ways: Callable[[tuple[str, ...]], object], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDY", "no address, but a secret")
    with pytest.raises(ConfigError) as error:
        ways(texts)
    assert str(error.value).startswith(REFUSED[texts])
    assert "secret" not in str(error.value)
    assert not list(place.iterdir())


def test_what_compares_symbols_is_not_searched_symbol_by_symbol(place: Path, command: Callable[..., list[str]]) -> None:
    market = [text for text in command(2, 60) if not text.startswith("target.cross_sectional")]
    wanted = [*market, "model=ridge", "model.penalty=0.1,1", "sweep.by=symbol"]
    with pytest.raises(ConfigError) as error:
        checked(asked([*wanted, "target.cross_sectional=rank"]))
    assert str(error.value) == (
        "sweep.by: the target compares the symbols of a date, and every search would see one symbol; "
        "drop it, or set target.cross_sectional=none"
    )
    parts = parts_checked(checked(asked([*wanted, "target.cross_sectional=none", "preprocess=zscore"])))
    assert [part.symbol for part in parts] == ["S00", "S01"]


def test_a_study_that_cannot_be_reached_is_said_and_nothing_is_begun(
    place: Path, command: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDY", f"sqlite:///{place}/no/folder/study.db")
    with pytest.raises(ConfigError, match=r"unable to open database file; see sweep\.storage_env"):
        sweep([*command(1, 60), "model.penalty=0.1,1", "sweep.storage_env=STUDY"])
    assert "go on with" not in capsys.readouterr().err
    assert not (place / "outputs" / "sweeps").exists()
