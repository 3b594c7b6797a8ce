"""The picture: well-formed, the same bytes for the same results, and everything that was found is in it."""

from xml.etree import ElementTree

import pytest

from made_studies import results, study
from runner.studies.picture import picture
from runner.studies.study import Study

SVG = "{http://www.w3.org/2000/svg}"
ONE, TWO = {"one": ()}, {"one": (), "other <&>": ()}


def drawn(asked: Study) -> ElementTree.Element:
    found = results(asked, dict.fromkeys(asked.arms, 0.01))
    text = picture(asked, found)
    assert text == picture(asked, found)
    return ElementTree.fromstring(text)


@pytest.mark.parametrize(
    ("asked", "circles"),
    [
        (study(), 5),
        (study(draws={"seed": 3}), 2),
        (study(draws={"seed": 3}, later=("x=1",), cases={"u": ("a=1",), "v": ("a=2",)}), 2 * (2 + 5)),
        (study(arms=TWO, cases={"u": ("a=1",), "v": ("a=2",)}), 2),
        (study(arms=TWO, draws={"seed": 3}), 1),
    ],
    ids=["every trial", "drawn", "ways to choose", "cases", "arms, drawn"],
)
def test_each_figure_is_a_circle_within_the_page(asked: Study, circles: int) -> None:
    root = drawn(asked)
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    places = [(float(each.get("cx") or -1), float(each.get("cy") or -1)) for each in root.iter(f"{SVG}circle")]
    assert len(places) == circles
    assert all(0 < x < width and 0 < y < height for x, y in places)
