"""`demo`: what a newcomer sees first is judged as it should be, in a ledger of its own."""

from pathlib import Path

import pytest
from PIL import Image

from harness import ended

pytestmark = pytest.mark.slow


def test_noise_is_rejected_an_edge_is_found_and_a_leak_is_named(tmp_path: Path) -> None:
    process = ended(tmp_path, "demo")
    assert process.returncode == 0, process.stderr
    said = " ".join(process.stdout.split())
    assert said.index("REJECTED:") < said.index("HALLMARKED:") < said.index("LEAK: Column 'smooth'")
    with Image.open(tmp_path / "demo" / "which_one_is_noise.png") as picture:
        assert picture.width > 1200
    assert (tmp_path / "demo" / "outputs" / "latest" / "badge.svg").exists()
    assert (tmp_path / "demo" / "ledger.sqlite").exists()
    listed = ended(tmp_path, "ledger")
    assert "planted_edge" not in listed.stdout, "the user's own ledger knows nothing of it"
    again = ended(tmp_path, "demo")
    assert again.returncode == 0, again.stderr


def test_it_writes_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "bars.csv").write_text("date,close\n")
    process = ended(tmp_path, "demo", "--out", "mine")
    assert (process.returncode, process.stderr) == (
        2,
        "--out mine: holds other files; name a folder that does not exist yet\n",
    )
    assert (tmp_path / "mine" / "bars.csv").read_text() == "date,close\n"
