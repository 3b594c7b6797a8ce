"""What the product makes of files as people have them: `python tools/shapes.py [PART ...] [--only TEXT] [--all]`.

PART: vendors, odd, bad; default: all. Prints one JSON object: per part and kind how many files were read right, asked
about, refused, read wrongly without a word, or ended in a stack trace; then a line for every file that was not answered
as it should be (--all: for every file).
"""

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from shapes.bad import BAD  # noqa: E402
from shapes.odd import ODD  # noqa: E402
from shapes.outcomes import answer_to_bad, answer_to_honest  # noqa: E402
from shapes.vendors import VENDORS  # noqa: E402

PARTS = ("vendors", "odd", "bad")


def answers(part: str, only: str) -> Iterator[tuple[str, str, str | None]]:
    """(kind and name, answer, what is wrong with it) of every file of a part."""
    names = {"vendors": VENDORS, "odd": ODD, "bad": BAD}[part]
    for name in (name for name in names if only in name):
        with tempfile.TemporaryDirectory() as folder:
            if part == "bad":
                for verb in BAD[name].verbs:
                    answer, fault = answer_to_bad(BAD[name], verb, Path(folder, verb))
                    yield f"{name} ({verb})", answer, fault and fault.replace(folder, "")
            else:
                shape = VENDORS[name] if part == "vendors" else ODD[name]
                answer, fault = answer_to_honest(name, shape, Path(folder))
                yield name, answer, fault and fault.replace(folder, "")


def main() -> None:
    """Prints the table and the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--only", default="", metavar="TEXT", help="names that contain it")
    parser.add_argument("--all", action="store_true", help="a line for every file")
    options = parser.parse_args()
    warnings.simplefilter("error")
    table: dict[str, dict[str, dict[str, int]]] = {}
    said = []
    for part in options.parts or PARTS:
        for name, answer, fault in answers(part, options.only):
            kind = name.partition(":")[0] if ":" in name else part
            counts = table.setdefault(part, {}).setdefault(kind, {})
            for count in (answer, *(["faults"] if fault else [])):
                counts[count] = counts.get(count, 0) + 1
            if fault or options.all:
                said.append(f"{part:8}{name:54}{answer:9}{' '.join((fault or '').split())[:240]}")
    print(json.dumps(table, indent=1, ensure_ascii=False))
    print("\n".join(said))


if __name__ == "__main__":
    main()
