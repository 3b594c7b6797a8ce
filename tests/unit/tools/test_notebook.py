"""The notebook shows what its cells give."""

import json
import subprocess
import sys

import pytest
from notebook import NOTEBOOK, ROOT, outputs, written


def test_of_a_cell_what_it_prints_and_its_last_value() -> None:
    names: dict[str, object] = {}
    assert outputs("a = 2", names, 1) == []
    printed, result = outputs("print('x')\na + 1", names, 2)
    assert printed == {"name": "stdout", "output_type": "stream", "text": ["x\n"]}
    assert (result["data"], result["execution_count"]) == ({"text/plain": ["3"]}, 2)


def test_every_cell_was_executed_in_order() -> None:
    text = NOTEBOOK.read_text()
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell["outputs"] for cell in cells)
    assert written(json.loads(text)) == text


@pytest.mark.slow
def test_the_cells_give_what_is_shown() -> None:
    command = [sys.executable, ROOT / "tools" / "notebook.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
