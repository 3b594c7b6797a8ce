"""What is found once while the configuration files stay as they are."""

from pathlib import Path

import pytest

from runner.composition.unchanged import state_of_files, while_unchanged


def test_found_once_a_state_and_each_time_without_one() -> None:
    asked: list[object] = []

    def find(*arguments: object) -> int:
        asked.append(arguments)
        return len(asked)

    assert [while_unchanged("a", find, 1), while_unchanged("a", find, 1), while_unchanged("a", find, 2)] == [1, 1, 2]
    assert [while_unchanged("b", find, 1), while_unchanged(None, find, 1), while_unchanged(None, find, 1)] == [3, 4, 5]
    assert while_unchanged("a", find, 1) == 1


def test_the_state_follows_the_files_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    states = [state_of_files(), state_of_files()]
    for name, text in (("conf/model/own.yaml", "a: 1\n"), ("conf/model/own.yaml", "a: 2\n"), ("conf/more.yaml", "")):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
        states.append(state_of_files())
    assert states[0] == states[1] is not None
    assert len(set(states)) == 4
    (tmp_path / "conf" / "loop").symlink_to(tmp_path / "conf", target_is_directory=True)
    assert state_of_files() is None
