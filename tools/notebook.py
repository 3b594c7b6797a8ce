"""Executes docs/notebook.ipynb and writes down what its cells gave.

    python tools/notebook.py [--check]

The cells run in order in one new process state, in an empty folder with a ledger of its own, so that everybody gets the
same. --check changes nothing and exits 1 if an output would change.
"""

import argparse
import ast
import contextlib
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}(-\d+)?")
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def executed(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the outputs that its cells give now."""
    names: dict[str, Any] = {"__name__": "__main__"}
    cells, count = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell = {**cell, "execution_count": count, "outputs": outputs("".join(cell["source"]), names, count)}
        cells.append(cell)
    return {**notebook, "cells": cells}


def outputs(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """What a cell prints, and the value of its last line where that is an expression."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)  # noqa: S102  # our own notebook
        value = None if last is None else eval(compile(last, "cell", "eval"), names)  # noqa: S307
    found = [{"name": "stdout", "output_type": "stream", "text": lines(printed.getvalue())}] if printed.tell() else []
    if value is not None:
        result = {"data": shown(value), "execution_count": count, "metadata": {}, "output_type": "execute_result"}
        found.append(result)
    return found


def shown(value: Any) -> dict[str, list[str]]:
    """As HTML where it knows how, and as text."""
    html = getattr(value, "_repr_html_", None)
    text = {"text/plain": lines(repr(value))}
    return {"text/html": lines(html()), **text} if html else text


def lines(text: str) -> list[str]:
    """Ids of runs tell when they ran: they are left out."""
    return RUN_ID.sub("RUN", text).splitlines(keepends=True)


@contextlib.contextmanager
def empty_place() -> Iterator[None]:
    """A folder and a ledger that know nothing; tables as wide as a page."""
    import pandas as pd

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), pd.option_context("display.width", 110):
        os.environ |= {"ASSAY_LEDGER": str(Path(folder, "ledger.sqlite")), "WANDB_MODE": "offline"}
        yield


def written(notebook: dict[str, Any]) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    before = NOTEBOOK.read_text(encoding="utf-8")
    with empty_place():
        after = written(executed(json.loads(before)))
    if after == before:
        return 0
    print(f"{NOTEBOOK.relative_to(ROOT)}: {'stale: run python tools/notebook.py' if check else 'rewritten'}")
    if not check:
        NOTEBOOK.write_text(after, encoding="utf-8")
    return 1 if check else 0


if __name__ == "__main__":
    sys.exit(main())
