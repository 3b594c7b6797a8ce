"""The public face: names that stay, and an import that costs nothing."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import assay
from runner.__main__ import current_folder_last

ROOT = Path(__file__).parents[2]
LIGHT = "import sys; before = set(sys.modules); import assay; print(*set(sys.modules) - before)"


@pytest.mark.parametrize("name", sorted(set(assay.__all__) - {"__version__"}))
def test_every_name_is_the_thing_itself(name: str) -> None:
    found = getattr(assay, name)
    assert getattr(import_module(found.__module__), found.__qualname__) is found
    assert name in dir(assay)


def test_an_unknown_name_is_said_as_python_says_it() -> None:
    with pytest.raises(AttributeError, match=r"^module 'assay' has no attribute 'Bundel'$"):
        assay.Bundel  # noqa: B018


def test_importing_it_imports_nothing_else() -> None:
    printed = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["assay"]


def test_the_version_is_said_once_more_in_the_citation() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", assay.__version__)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], citation["license"]) == (assay.__version__, "Apache-2.0")
    assert (ROOT / "LICENSE").read_text().split()[:2] == ["Apache", "License"]


def test_the_current_folder_comes_last_on_the_search_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = str(tmp_path)
    assert current_folder_last([here, "", "/lib", here]) == ["/lib", here]
    assert current_folder_last(["/lib"]) == ["/lib", here]
