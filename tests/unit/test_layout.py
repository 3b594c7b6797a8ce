"""Whoever knows a file of src finds its tests: tests/unit mirrors src by path."""

from pathlib import Path

import pytest

import runner

UNIT = Path(__file__).parent
SRC = Path(runner.__file__).parents[1]
FOLDERS = sorted({str(path.parent.relative_to(UNIT)) for path in UNIT.rglob("*.py") if path.parent != UNIT})


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_tests_is_a_package_or_module_of_src(folder: str) -> None:
    assert list((SRC / folder).glob("*.py")) or (SRC / f"{folder}.py").is_file()


def test_no_test_lies_outside_of_these_folders() -> None:
    assert sorted(path.name for path in UNIT.glob("*.py")) == ["conftest.py", "test_layout.py"]
