"""Kept compositions: never other than what composing now would give."""

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from components.errors import ConfigError
from runner.composition import unchanged
from runner.composition.compose import compose
from runner.composition.composed import Composed
from runner.composition.remembered import remembered

ASKED = ("+experiment=mine", "model.penalty=2.5")
EXPERIMENT = "# @package _global_\ndefaults:\n  - override /model: ridge\n"
CHOICE = "_target_: components.model.ridge.Ridge\npenalty: 3.0\n"


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write(tmp_path / "conf", "experiment/mine", EXPERIMENT)
    return tmp_path / "conf"


def write(conf: Path, name: str, text: str) -> None:
    path = conf / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def asked(*overrides: str) -> tuple[Composed, bool]:
    """What is remembered or composed, compared with composing now; and whether it was composed."""
    composed: list[Composed] = []

    def now(texts: object) -> Composed:
        composed.append(compose(overrides))
        return composed[0]

    found = remembered(overrides, now)
    again = compose(overrides)  # what was found earlier in this process may serve
    unchanged._found.cache_clear()
    assert repr(asdict(found)) == repr(asdict(again)) == repr(asdict(compose(overrides)))
    return found, bool(composed)


def test_the_second_time_nothing_is_composed_and_everything_is_the_same(conf: Path) -> None:
    first, was_composed = asked(*ASKED)
    assert was_composed
    second, was_composed = asked(*ASKED)
    assert not was_composed
    assert second == first
    assert second.config["model"]["penalty"] == 2.5
    assert second.local_files == ("conf/experiment/mine.yaml",)


def test_every_change_of_a_local_file_is_noticed(conf: Path) -> None:
    def changed() -> bool:
        return asked(*ASKED)[1]

    assert changed()
    write(conf, "experiment/mine", EXPERIMENT + "seed: 3\n")
    assert changed()
    write(conf, "model/ridge", CHOICE)  # wins over the shipped file from now on
    assert changed()
    write(conf, "model/ridge", CHOICE.replace("3.0", "4.0"))
    assert changed()
    (conf / "model" / "ridge.yaml").unlink()
    assert changed()
    (conf / "penalty").mkdir()
    assert changed()
    (conf / "penalty").rmdir()
    (conf / "model").rmdir()
    write(conf, "experiment/mine", EXPERIMENT)
    assert not changed()  # all is as it was in the beginning


def test_other_overrides_are_another_composition(conf: Path) -> None:
    assert asked(*ASKED)[1]
    for other in (ASKED[:1], ASKED[::-1], (*ASKED, "seed=1"), ("+experiment=mine", "model.penalty=2.50")):
        assert asked(*other)[1]
    assert not asked(*ASKED)[1]


def test_a_file_removed_or_broken_since_is_told(conf: Path) -> None:
    assert asked(*ASKED)[1]
    write(conf, "experiment/mine", "a: [\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        remembered(ASKED, compose)
    (conf / "experiment" / "mine.yaml").unlink()
    with pytest.raises(ConfigError, match="no such choice for experiment"):
        remembered(ASKED, compose)


def test_what_is_wrong_or_not_plain_is_not_kept(conf: Path) -> None:
    for overrides in ((*ASKED, "model.penalti.x=1", "target=nowhere"), (*ASKED, "+odd={1: a}")):
        assert asked(*overrides)[1]
        assert asked(*overrides)[1]


def test_a_folder_that_is_a_link_keeps_nothing(conf: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (conf / "model").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert asked(*ASKED)[1]
    write(tmp_path, "elsewhere/ridge", CHOICE)
    assert asked(*ASKED)[1]


def test_another_folder_has_its_own(conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked("seed=1")[1]
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert asked("seed=1")[1]


PLUGIN = """
from hydra.plugins.search_path_plugin import SearchPathPlugin


class Elsewhere(SearchPathPlugin):
    def manipulate_search_path(self, search_path):
        search_path.append(provider="elsewhere", path="file:///nowhere")
"""
TWICE = """
from runner.composition.compose import compose
from runner.composition.remembered import remembered

composed = []
for _ in range(2):
    remembered(["seed=1"], lambda texts: composed.append(1) or compose(texts))
print(len(composed))
"""


@pytest.mark.parametrize(("plugin", "composed"), [("", "1"), (PLUGIN, "2")])
def test_what_a_plugin_reads_elsewhere_is_not_kept(plugin: str, composed: str, conf: Path, tmp_path: Path) -> None:
    (tmp_path / "more" / "hydra_plugins").mkdir(parents=True)
    (tmp_path / "more" / "hydra_plugins" / "elsewhere.py").write_text(plugin)
    path = os.pathsep.join([*filter(None, sys.path), str(tmp_path / "more")])
    done = subprocess.run(
        [sys.executable, "-c", TWICE],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == composed
