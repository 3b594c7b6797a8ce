"""A model through all folds: what it shows while its fits run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runner.composition.configure import configure
from runner.compute.pipeline import execute, prepare
from runner.compute.stage import Cache, Shown
from runner.storage.store import Store


@dataclass
class _Stage:
    cached: bool = False
    seconds: float = 0.0

    def progress(self, done: int, of: int, what: str = "fold") -> None:
        assert 0 < done <= of


@dataclass
class Strict:
    """Progress that knows which stages were shown while others were."""

    opened: list[str] = field(default_factory=list)
    within: list[tuple[str, str]] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[Shown]:
        self.opened.append(name)
        self.within += [(outer, name) for outer in self._open]
        self._open.append(name)
        yield _Stage()
        self._open.remove(name)


def shown(folder: Path, *overrides: str) -> Strict:
    """What a run showed whose forecasts alone were asked for."""
    experiment, _ = configure(["+experiment=sp500_volatility", "debug.max_bars=400", "model=ridge", *overrides])
    progress = Strict()
    cache = Cache(store=Store(folder), progress=progress)
    execute(experiment, prepare(experiment, cache), cache).fit()
    return progress


def test_features_that_lie_there_are_shown_before_the_fits_that_read_them(tmp_path: Path) -> None:
    cold = shown(tmp_path)
    assert {"features", "forecast"} <= set(cold.opened)
    warm, other = shown(tmp_path), shown(tmp_path, "model.penalty=3.0")
    assert "features" not in warm.opened, "fits that are kept ask for nothing"
    assert other.opened.index("features") < other.opened.index("forecast")
    for progress in (cold, warm, other):
        assert progress.within == []
