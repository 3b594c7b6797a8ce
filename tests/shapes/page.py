"""The table of vendors' files in docs/files.md."""

import re
import tempfile
from pathlib import Path

from shapes.truth import Shape
from shapes.vendors import VENDORS

PAGE = Path(__file__).parents[2] / "docs" / "files.md"
BLOCK = re.compile(r"(<!-- generated: shapes -->\n).*?(<!-- end -->)", re.DOTALL)
WIDTH = 64


def written_anew(text: str) -> str:
    """The page with a line for every shape: what it is, and how it begins."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [_row(name, shape, Path(folder, name)) for name, shape in VENDORS.items()]
    table = "\n".join(["| file | begins with | |", "|---|---|---|", *rows])
    return BLOCK.sub(lambda block: f"{block[1]}{table}\n{block[2]}", text)


def _row(name: str, shape: Shape, folder: Path) -> str:
    folder.mkdir()
    path = shape(folder).path
    begins = f"`{_first_line(path)}`" if path.suffix in (".csv", ".txt") and path.is_file() else f"`{path.name}`"
    said = " ".join((shape.__doc__ or "").split())
    return f"| {name.replace('_', ' ')} | {begins} | {said} |"


def _first_line(path: Path) -> str:
    line = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()[0].replace("\t", " ")
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."
