"""Remembered digests of code: never other than what reading the code now gives."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import environment, in_fork

FILES = {
    "shop/__init__.py": "",
    "shop/model.py": (
        "from pathlib import Path\nfrom shop.helper import twice\n\n"
        "TABLE = Path(__file__).with_name('table.csv')\n\n"
        "class Model:\n    def fit(self, x):\n        return twice(x), TABLE\n"
    ),
    "shop/helper.py": "def twice(x):\n    return 2 * x\n",
    "shop/table.csv": "1\n",
    "away/__init__.py": "one = 1\n",
}
ASK = """
import json, shop.model
from runner.storage import remembered_code as remembered
from runner.storage.code import code_of
asked = []
remembered.code_of = lambda subject: asked.append(subject) or code_of(subject)
found = remembered.code_digest(shop.model.Model)
print(json.dumps([found, bool(asked), code_of(shop.model.Model).digest]))
"""


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[str, bool]]:
    """The digest that a new process finds, and whether it read the code; compared with reading it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, text in FILES.items():
        write(tmp_path / "own" / name, text)

    def digest() -> tuple[str, bool]:
        done = in_fork(tmp_path / "own", environment(tmp_path), ASK)
        assert done.returncode == 0, done.stderr
        found, was_read, now = json.loads(done.stdout)
        assert found == now
        return found, was_read

    return digest


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_second_process_reads_no_code(digest: Callable[[], tuple[str, bool]]) -> None:
    first, was_read = digest()
    assert was_read
    assert digest() == (first, False)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("shop/helper.py", "def twice(x):\n    return x * 2\n"),
        ("shop/table.csv", "2\n"),
        ("shop/model.py", FILES["shop/model.py"].replace("twice(x)", "x")),
        ("shop/helper/__init__.py", "def twice(x):\n    return 3 * x\n"),
    ],
)
def test_every_edit_of_its_package_is_noticed(
    digest: Callable[[], tuple[str, bool]], tmp_path: Path, file: str, text: str
) -> None:
    before, _ = digest()
    write(tmp_path / "own" / file, text)
    after, was_read = digest()
    assert was_read
    assert after != before


def test_code_that_leads_into_a_third_package_is_read_each_time(
    digest: Callable[[], tuple[str, bool]], tmp_path: Path
) -> None:
    write(tmp_path / "own/shop/helper.py", "from away import one\n\ndef twice(x):\n    return x + one\n")
    before, _ = digest()
    assert digest() == (before, True)
    write(tmp_path / "own/away/__init__.py", "one = 2\n")
    assert digest()[0] != before


def test_a_package_with_links_to_folders_is_read_each_time(
    digest: Callable[[], tuple[str, bool]], tmp_path: Path
) -> None:
    (tmp_path / "own/shop/more").symlink_to(tmp_path / "own", target_is_directory=True)
    (tmp_path / "own/shop/table.csv").unlink()
    (tmp_path / "own/shop/model.py").write_text("from shop.helper import twice as Model\n")
    before, _ = digest()
    assert digest() == (before, True)


def test_a_library_that_becomes_the_users_own_is_noticed(
    digest: Callable[[], tuple[str, bool]], tmp_path: Path
) -> None:
    write(tmp_path / "own/shop/helper.py", "def twice(x):\n    import nowhere\n    return nowhere.twice(x)\n")
    before, _ = digest()
    assert digest() == (before, False)
    write(tmp_path / "own/nowhere.py", "def twice(x):\n    return x\n")
    assert digest()[0] != before


SHIPPED = ASK.replace("shop.model", "components.model.ridge").replace("ridge.Model", "ridge.Ridge")


def test_where_one_works_changes_nothing_unless_something_may_be_imported_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def was_read(name: str) -> bool:
        done = in_fork(tmp_path / name, environment(tmp_path), SHIPPED)
        assert done.returncode == 0, done.stderr
        return bool(json.loads(done.stdout)[1])

    for name in ("one", "other", "with bars", "with a module"):
        (tmp_path / name).mkdir()
    write(tmp_path / "with bars" / "bars.csv", "date,close\n")
    write(tmp_path / "with a module" / "sklearn.py", "")
    assert [was_read(name) for name in ("one", "other", "with bars")] == [True, False, False]
    assert was_read("with a module")
