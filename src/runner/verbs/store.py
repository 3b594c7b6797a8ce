"""store why RUN [STAGE]: which setting, input or function made its stages recompute
store ls: stages of the store, their results, bytes and the newest
store verify: whether every result is what was written
store gc --max-size SIZE [--dry-run]: remove what was not used for longest until no more is left

RUN is a run folder, an id as `compare` takes it, or latest. SIZE is like 500MB or 2GB. gc removes
whole results only, never one that some process is computing; what is missed is computed again.

Exit codes: 0 done; 1 verify found damaged results, one line each; the next run computes them anew."""

import json
import re
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from components.errors import ConfigError
from runner import exit_codes
from runner.specification.places import HERE, Places
from runner.storage.collect import collect, damaged, usage
from runner.storage.store import Store
from runner.terminal import Terminal

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
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--outputs", type=Path, default=HERE.outputs, metavar="FOLDER", help="where runs and store lie")


def run(options: Namespace) -> int:
    """Does what is asked; UNFORESEEN where a result is damaged."""
    if options.action not in ACTIONS:
        raise ConfigError(f"store {options.action}: no such action; there are {', '.join(ACTIONS)}")
    if options.action != "why" and (options.run or options.stage):
        raise ConfigError(f"store {options.action}: takes no run; only `store why RUN [STAGE]` does")
    store = Store(Places(outputs=options.outputs).store)
    done = {"why": _why, "ls": _ls, "verify": _verify, "gc": _gc}[options.action]
    return done(options, store)


def _why(options: Namespace, store: Store) -> int:
    from runner.compute.why import AS_BEFORE, FOUND, reasons
    from runner.recording.run_folder import find_run

    if options.run is None:
        raise ConfigError("store why: of which run? name a run folder, a run id or latest")
    found = reasons(find_run(options.run, options.outputs), store, " ".join(options.stage) or None)
    if options.json:
        print(json.dumps([asdict(each) for each in found], indent=1))
        return exit_codes.RAN
    out = Terminal()
    for each in found:
        for line in each.lines:
            out.item(f"{each.stage}:", line, style="dim" if line in (FOUND, AS_BEFORE) else "bold")
    return exit_codes.RAN


def _ls(options: Namespace, store: Store) -> int:
    rows = usage(store)
    if options.json:
        print(json.dumps({"store": str(store.root), "stages": [asdict(row) for row in rows]}, indent=1))
        return exit_codes.RAN
    out = Terminal()
    cells = [(row.stage, f"{row.entries:,}", _in_words(row.bytes), row.newest) for row in rows]
    out.text(f"{store.root}: {_in_words(sum(row.bytes for row in rows))}")
    if rows:
        out.grid(("stage", "results", "size", "newest"), cells, right=(1, 2))
    return exit_codes.RAN


def _verify(options: Namespace, store: Store) -> int:
    found, count = damaged(store), sum(1 for _ in store.entries())
    if options.json:
        print(json.dumps({"store": str(store.root), "results": count, "damaged": found}, indent=1))
    else:
        out = Terminal()
        for line in found:
            out.item("-", line, style="red")
        if not found:
            out.text(f"{count:,} results are what was written.")
    return exit_codes.UNFORESEEN if found else exit_codes.RAN


def _gc(options: Namespace, store: Store) -> int:
    if options.max_size is None:
        raise ConfigError("store gc: how much may be left? give --max-size, as --max-size 2GB")
    done = collect(store, parsed_size(options.max_size), dry_run=options.dry_run)
    if options.json:
        print(json.dumps({"store": str(store.root), "dry_run": options.dry_run, **asdict(done)}, indent=1))
        return exit_codes.RAN
    verb = "would go" if options.dry_run else "removed"
    busy = f"; {done.busy:,} were being computed" if done.busy else ""
    Terminal().text(
        f"{done.removed:,} results {verb}, {_in_words(done.removed_bytes)}; {_in_words(done.kept_bytes)} left{busy}."
    )
    return exit_codes.RAN


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
