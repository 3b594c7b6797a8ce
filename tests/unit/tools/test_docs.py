"""The page of the contract says what the code says: python tools/docs.py docs/machines.md writes it anew."""

import json
import re
import shlex
from pathlib import Path

import pytest

from docs import ROOT, rewritten
from harness import answer

PAGE = ROOT / "docs" / "machines.md"


@pytest.mark.parametrize("page", [PAGE, ROOT / "docs" / "scaling.md"], ids=lambda page: page.stem)
def test_tables_are_of_the_answers_and_the_measurements_that_there_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert rewritten(text, Path("unused")) == text


def test_its_example_is_what_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command, shown = re.findall(r"^```\w*\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert answer(*shlex.split(command)[3:]) == json.loads(shown)
