"""store why RUN [STAGE]: which setting, input or function made its stages recompute
store ls: stages of the store, their results, bytes and the newest
store verify: whether every result is what was written
store gc --max-size SIZE [--dry-run]: remove what was not used for longest until no more is left

RUN is a run folder, an id as `compare` takes it, or latest. SIZE is like 500MB or 2GB. gc removes
whole results only, never one that some process is computing; what is missed is computed again.

Exit codes: 0 done; 1 verify found damaged results, one line each; the next run computes them anew."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path

from components.errors import ConfigError, Problem
from runner import exit_codes
from runner.answer import Answer
from runner.specification.places import HERE, Places
from runner.storage.collect import Usage, collect, damaged, usage
from runner.storage.store import Store
from runner.terminal import Terminal

ANSWER = {
    "store": "text: its folder",
    "stages": "list: why: of each stage its lines; ls: of each stage its results, bytes and the newest",
    "results": "integer: verify: how many there are",
    "damaged": "list: verify: what is not what was written, one sentence each",
    "dry_run": "true or false: gc: whether nothing was removed",
    "removed": "integer: gc: how many results went",
    "removed_bytes": "integer: gc: of them",
    "kept_bytes": "integer: gc: of what is left",
    "busy": "integer: gc: how many were being computed",
}
ACTIONS = ("why", "ls", "verify", "gc")
UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
SIZE = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[KMGT]?B|)", re.IGNORECASE)


def add_arguments(parser: ArgumentParser) -> None:
    """What to do, of which run."""
    parser.add_argument("action", metavar="|".join(ACTIONS))
    parser.add_argument("run", nargs="?", metavar="RUN", help="why: the run")
    parser.add_argument("stage", nargs="*", metavar="STAGE", help="why: one stage of it, as `fit_fold 3`")
    parser.add_argument("--max-size", metavar="SIZE", help="gc: what may be left, as 2GB")
    parser.add_argument("--dry-run", action="store_true", help="gc: only say what would go")
    parser.add_argument("--outputs", type=Path, default=HERE.outputs, metavar="FOLDER", help="where runs and store lie")


def run(options: Namespace) -> Answer:
    """Does what is asked; UNFORESEEN where a result is damaged."""
    if options.action not in ACTIONS:
        hint, near = f"there are {', '.join(ACTIONS)}", tuple(get_close_matches(options.action, ACTIONS, n=1))
        problem = Problem(
            f"store {options.action}",
            "no such action",
            hint,
            code="not_allowed",
            value=options.action,
            allowed=ACTIONS,
            fix=near,
            at=options.action,
        )
        raise ConfigError(problem)
    if options.action != "why" and (options.run or options.stage):
        raise ConfigError(f"store {options.action}: takes no run; only `store why RUN [STAGE]` does")
    store = Store(Places(outputs=options.outputs).store)
    match options.action:
        case "why":
            return _why(options, store)
        case "ls":
            return _ls(store)
        case "verify":
            return _verify(store)
    return _gc(options, store)


def _why(options: Namespace, store: Store) -> Answer:
    from runner.compute.why import AS_BEFORE, FOUND, reasons
    from runner.recording.run_folder import find_run

    if options.run is None:
        raise ConfigError("store why: of which run? name a run folder, a run id or latest")
    found = reasons(find_run(options.run, options.outputs), store, " ".join(options.stage) or None)

    def show() -> None:
        out = Terminal()
        for each in found:
            for line in each.lines:
                out.item(f"{each.stage}:", line, style="dim" if line in (FOUND, AS_BEFORE) else "bold")

    return Answer({"store": str(store.root), "stages": [asdict(each) for each in found]}, show)


def _ls(store: Store) -> Answer:
    rows = usage(store)
    content = {"store": str(store.root), "stages": [asdict(row) for row in rows]}
    return Answer(content, lambda: _show_usage(store, rows))


def _show_usage(store: Store, rows: Sequence[Usage]) -> None:
    out = Terminal()
    cells = [(row.stage, f"{row.entries:,}", _in_words(row.bytes), row.newest) for row in rows]
    out.text(f"{store.root}: {_in_words(sum(row.bytes for row in rows))}")
    if rows:
        out.grid(("stage", "results", "size", "newest"), cells, right=(1, 2))


def _verify(store: Store) -> Answer:
    found, count = damaged(store), sum(1 for _ in store.entries())

    def show() -> None:
        out = Terminal()
        for line in found:
            out.item("-", line, style="red")
        if not found:
            out.text(f"{count:,} results are what was written.")

    content = {"store": str(store.root), "results": count, "damaged": found}
    return Answer(content, show, exit_codes.UNFORESEEN if found else exit_codes.RAN)


def _gc(options: Namespace, store: Store) -> Answer:
    if options.max_size is None:
        raise ConfigError("store gc: how much may be left? give --max-size, as --max-size 2GB")
    done = collect(store, parsed_size(options.max_size), dry_run=options.dry_run)
    verb = "would go" if options.dry_run else "removed"
    busy = f"; {done.busy:,} were being computed" if done.busy else ""
    says = f"{done.removed:,} results {verb}, {_in_words(done.removed_bytes)}; {_in_words(done.kept_bytes)} left{busy}."
    content = {"store": str(store.root), "dry_run": options.dry_run, **asdict(done)}
    return Answer(content, lambda: Terminal().text(says))


def parsed_size(text: str) -> int:
    """Bytes of a text like 2GB. Raises ConfigError for another."""
    match = SIZE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"--max-size {text}: not a size; write a number and B, KB, MB, GB or TB, as 2GB")
    return int(float(match["number"]) * UNITS[match["unit"].upper()])


def _in_words(size: int) -> str:
    for unit in ("TB", "GB", "MB", "KB"):
        if size >= UNITS[unit]:
            return f"{size / UNITS[unit]:.1f} {unit}"
    return f"{size} B"
