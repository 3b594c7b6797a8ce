"""What is kept between processes: whole or absent, whatever happens to the files."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.storage import kept

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder / "assay"


@settings(deadline=None, max_examples=30)
@given(PLAIN)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    kept.keep("values", "one", value)
    assert kept.load("values", "one") == value


@pytest.mark.parametrize("damage", [b"", b"{}", b"0" * 64 + b"\n{}", b"\xff\n\xfe"], ids=str)
def test_what_was_not_written_by_it_is_absent(damage: bytes, cache: Path) -> None:
    kept.keep("damaged", "one", {"a": 1})
    (cache / "damaged" / "one.json").write_bytes(damage)
    assert kept.load("damaged", "one") is None


def test_half_a_file_is_absent(cache: Path) -> None:
    kept.keep("halved", "one", list(range(100)))
    path = cache / "halved" / "one.json"
    path.write_bytes(path.read_bytes()[:-1])
    assert kept.load("halved", "one") is None


def test_where_nothing_can_be_written_nothing_is_kept(cache: Path) -> None:
    cache.mkdir(exist_ok=True)
    (cache / "in_the_way").write_text("a file")
    kept.keep("in_the_way", "one", 1)
    assert kept.load("in_the_way", "one") is None


def test_the_longest_unused_go_first(cache: Path) -> None:
    for number in range(kept.MOST_FILES):
        kept.keep("many", str(number), number)
    assert kept.load("many", "0") == 0
    kept.keep("many", "last", "last")
    assert kept.load("many", "0") == 0
    assert kept.load("many", "1") is None
    assert len(list((cache / "many").iterdir())) == kept.MOST_FILES


def test_writers_at_once_leave_one_whole_value(cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: kept.keep("crowded", "one", [number] * 1000), range(64)))
    found = kept.load("crowded", "one")
    assert found == [found[0]] * 1000
    assert [path.name for path in (cache / "crowded").iterdir()] == ["one.json"]


def test_where_a_part_ends_counts() -> None:
    assert len({kept.digest(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""])}) == 4


FINGERPRINT = """
import json
import components.expressions
from runner.storage.code import code_of
from runner.storage.digests import sources
print(json.dumps([code_of(components.expressions.Call).digest, sources().is_new]))
"""


def test_sources_are_parsed_by_one_process_only_and_damage_changes_no_fingerprint(cache: Path) -> None:
    def fingerprint() -> list[object]:
        done = subprocess.run([sys.executable, "-c", FINGERPRINT], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    first, parsed = fingerprint()
    assert parsed is True
    assert fingerprint() == [first, False]
    (file,) = (cache / "sources").iterdir()
    file.write_bytes(b"damaged")
    assert fingerprint() == [first, True]
    assert fingerprint() == [first, False]
