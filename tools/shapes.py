"""What the product makes of files as people have them: `python tools/shapes.py [PART ...] [--only TEXT] [--all]`.

PART: vendors, odd, bad (default: these), and runs: init, check and a first run of every vendor's file, which takes
minutes. Prints a line for every file that was not answered as it should be (--all: for every file), then one JSON
object: per part and kind how many files were read right, asked about, refused, read with a word, read wrongly without
one, or ended in a stack trace.
"""

import argparse
import json
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from shapes.bad import BAD  # noqa: E402
from shapes.bad.base import EVERY, INIT  # noqa: E402
from shapes.odd import ODD  # noqa: E402
from shapes.outcomes import answer_to_bad, answer_to_honest  # noqa: E402
from shapes.page import PAGE, written_anew  # noqa: E402
from shapes.runs import fault_of_run  # noqa: E402
from shapes.vendors import VENDORS  # noqa: E402

SECONDS = 60
PARTS = ("vendors", "odd", "bad")


def too_slow(*_: object) -> None:
    """Called when a file takes longer than anybody waits."""
    raise TimeoutError(f"longer than {SECONDS} s")


def answers(part: str, only: str) -> Iterator[tuple[str, str, str | None]]:
    """(kind and name, answer, what is wrong with it) of every file of a part."""
    names: Mapping[str, Any] = {"vendors": VENDORS, "odd": ODD, "bad": BAD, "runs": VENDORS}[part]
    for name in (name for name in names if only in name):
        with tempfile.TemporaryDirectory() as folder:
            if part == "runs":
                fault = fault_of_run(VENDORS[name], Path(folder))
                yield name, "wrong" if fault else "right", fault
                continue
            verbs = BAD[name].verbs if part == "bad" else (INIT,) if part == "vendors" else EVERY
            for verb in verbs:
                signal.alarm(SECONDS)
                place = Path(folder, verb)
                answer, fault = (
                    answer_to_bad(BAD[name], verb, place)
                    if part == "bad"
                    else answer_to_honest(name, names[name], verb, place)
                )
                yield f"{name} ({verb})", answer, fault and fault.replace(folder, "")


def main() -> None:
    """Prints the table and the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, "runs", []], metavar="PART")
    parser.add_argument("--only", default="", metavar="TEXT", help="names that contain it")
    parser.add_argument("--all", action="store_true", help="a line for every file")
    parser.add_argument("--page", action="store_true", help="write the table of docs/files.md, and nothing else")
    options = parser.parse_args()
    if options.page:
        PAGE.write_text(written_anew(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return
    warnings.simplefilter("error")
    signal.signal(signal.SIGALRM, too_slow)
    table: dict[str, dict[str, dict[str, int]]] = {}
    for part in options.parts or PARTS:
        for name, answer, fault in answers(part, options.only):
            kind = name.partition(":")[0] if ":" in name else part
            counts = table.setdefault(part, {}).setdefault(kind, {})
            for count in (answer, *(["faults"] if fault else [])):
                counts[count] = counts.get(count, 0) + 1
            if fault or options.all:
                print(f"{part:8}{name:54}{answer:9}{' '.join((fault or '').split())[:240]}", flush=True)
    signal.alarm(0)
    print(json.dumps(table, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
