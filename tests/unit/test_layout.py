"""Whoever knows a file of src finds its tests: tests/unit mirrors src by path, and the tools beside it."""

from pathlib import Path

import pytest

import runner

UNIT = Path(__file__).parent
SRC = Path(runner.__file__).parents[1]
FOLDERS = sorted({str(path.parent.relative_to(UNIT)) for path in UNIT.rglob("*.py") if path.parent != UNIT})


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_tests_is_a_package_or_module_of_src(folder: str) -> None:
    home = SRC.parent if folder == "tools" else SRC
    assert list((home / folder).glob("*.py")) or (home / f"{folder}.py").is_file()


def test_what_lies_outside_of_these_folders_is_of_a_whole_package() -> None:
    outside = {path.stem.removeprefix("test_") for path in UNIT.glob("test_*.py")} - {"layout"}
    assert [name for name in outside if not (SRC / name / "__init__.py").is_file()] == []
