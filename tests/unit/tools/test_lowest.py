"""Every direct dependency has a lower bound, and the pinned version lies within what is asked for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import lowest

ROOT = Path(__file__).parents[3]
DIRECT = list(lowest.direct(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]))
PINNED = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), flags=re.M)
}


@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("numpy>=2.1", "numpy==2.1"),
        ("torch==2.13.0", "torch==2.13.0"),
        ("psycopg[binary]>=3.2.2,<4", "psycopg==3.2.2"),
        ("x<3,>=2", "x==2"),
    ],
)
def test_the_lower_bound(requirement: str, version: str) -> None:
    assert lowest.lowest(Requirement(requirement)) == version


def test_without_a_lower_bound_there_is_none() -> None:
    with pytest.raises(ValueError, match=r"^x<3: no lower bound; pip would walk back years to meet it$"):
        lowest.lowest(Requirement("x<3"))


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_every_direct_dependency_is_bounded_and_pinned_within_its_bounds(requirement: Requirement) -> None:
    assert requirement.specifier.contains(lowest.lowest(requirement).partition("==")[2])
    assert requirement.specifier.contains(PINNED[canonicalize_name(requirement.name)])
