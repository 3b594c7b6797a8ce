"""Which edits change the fingerprint of code: each variant is read by a fresh process."""

from pathlib import Path

import pytest

from components.errors import ContractError
from harness import environment, in_fork
from runner.storage.code import code_of

FILES = {
    "shop/__init__.py": "",
    "shop/model.py": '''\
"""A model."""
from typing import TYPE_CHECKING
from shop import helper
from .deep.inner import scale
if TYPE_CHECKING:
    import unknown_library

class Model:
    """Doc."""
    libraries = ("numpy",)
    rate: float = 0.5
    """What rate means."""

    def fit(self, x):
        import numpy as np
        from shop.lazy import finish  # only here
        return finish(helper.twice(x)) * scale(self.rate)
''',
    "shop/helper.py": "def twice(x):\n    return 2 * x\n",
    "shop/lazy.py": "from elsewhere import constant\n\ndef finish(x):\n    return x + constant\n",
    "shop/deep/__init__.py": "",
    "shop/deep/inner.py": "def scale(x):\n    return x\n",
    "shop/stranger.py": "UNUSED = 1\n",
    "elsewhere.py": "constant = 1\n",
    "stages.py": """\
import shop.stranger
from shop.helper import twice
from shop.deep import inner

LIMIT = 3

def first(x: "Row"):
    return twice(x) + LIMIT

def second(x):
    return inner.scale(x)

class Row:
    size = 1
""",
}


def fingerprint(folder: Path, subject: str, edits: dict[str, tuple[str, str]] | None = None) -> str:
    """Fingerprint of "module:name" after replacing text in files, computed by a new process."""
    for name, text in FILES.items():
        old, new = (edits or {}).get(name, ("", ""))
        assert old in text
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new) if old else text + new)
    module, name = subject.split(":")
    code = f"import {module} as m, runner.storage.code as k; print(k.code_of(getattr(m, {name!r})).digest)"
    own = {"XDG_CACHE_HOME": str(folder / "cache")}  # what is remembered of all other sources takes long to read
    done = in_fork(folder, environment(folder) | own, code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("before")
    return {subject: fingerprint(folder, subject) for subject in ("shop.model:Model", "stages:first")}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/model.py", "x)) *", "x)) +"),
        ("shop/model.py", "rate: float = 0.5", "rate: float = 0.6"),
        ("shop/helper.py", "2 * x", "3 * x"),
        ("shop/deep/inner.py", "return x", "return -x"),
        ("shop/lazy.py", "x + constant", "x - constant"),
        ("elsewhere.py", "constant = 1", "constant = 2"),
        ("shop/__init__.py", "", "import math\n"),
        ("shop/model.py", 'libraries = ("numpy",)', 'libraries = ("numpy", "scipy")'),
        ("shop/model.py", "import numpy as np", "import pandas as np"),
    ],
)
def test_an_edit_of_reached_code_changes_it(tmp_path, before, file, old, new):
    assert fingerprint(tmp_path, "shop.model:Model", {file: (old, new)}) != before["shop.model:Model"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/model.py", '"""Doc."""', '"""Another text."""'),
        ("shop/model.py", '"""What rate means."""', ""),
        ("shop/model.py", "# only here", "# and nowhere else"),
        ("shop/helper.py", "    return 2 * x", "\n    # twice\n    return (2 * x)"),
        ("shop/stranger.py", "UNUSED = 1", "UNUSED = 2"),
    ],
)
def test_comments_docstrings_layout_and_strangers_do_not(tmp_path, before, file, old, new):
    assert fingerprint(tmp_path, "shop.model:Model", {file: (old, new)}) == before["shop.model:Model"]


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("stages.py", "twice(x) +", "twice(x) -", True),
        ("stages.py", "LIMIT = 3", "LIMIT = 4", True),
        ("stages.py", "size = 1", "size = 2", True),
        ("shop/helper.py", "2 * x", "3 * x", True),
        ("stages.py", "inner.scale(x)", "-inner.scale(x)", False),
        ("shop/deep/inner.py", "return x", "return -x", False),
        ("stages.py", "LIMIT = 3", "LIMIT = 3\nprint", True),
        ("stages.py", "def second", "@print\ndef second", True),
    ],
)
def test_of_a_functions_module_only_what_it_reaches_counts(tmp_path, before, file, old, new, changes):
    edited = fingerprint(tmp_path, "stages:first", {file: (old, new)})
    assert (edited != before["stages:first"]) == changes


def test_it_does_not_depend_on_the_folder(tmp_path, before):
    assert fingerprint(tmp_path / "moved", "shop.model:Model") == before["shop.model:Model"]


def test_nothing_is_imported_to_find_it(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "shop/lazy.py").write_text("raise SystemExit('imported')\n")
    code = "import shop.model, runner.storage.code as k; k.code_of(shop.model.Model)"
    done = in_fork(tmp_path, environment(tmp_path), code)
    assert done.returncode == 0, done.stderr


def test_a_class_without_source_is_refused():
    made = type("Made", (), {"__module__": "nowhere"})
    with pytest.raises(ContractError) as raised:
        code_of(made)
    assert str(raised.value) == (
        "nowhere: its source cannot be read, so its results cannot be cached; put it in a file"
    )
