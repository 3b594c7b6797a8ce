"""The badge says what the report says, and is a picture by itself."""

from xml.etree import ElementTree

import pytest

from runner.report.badge import COLORS, OPEN, badge
from runner.report.words import LEVELS


@pytest.mark.parametrize("word", [*LEVELS.values(), "Failed", "No verdict", "<&>"])
def test_it_is_drawn_from_its_word_alone(word: str) -> None:
    root = ElementTree.fromstring(badge(word))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["assay", word.lower()]
    fills = [node.get("fill") for node in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert fills[-1] == COLORS.get(word, OPEN)
    assert "href" not in badge(word), "it loads nothing"


def test_every_level_has_a_colour_of_its_own() -> None:
    assert set(COLORS) == set(LEVELS.values())
    assert len(set(COLORS.values())) == len(COLORS)
