"""demo [--out FOLDER]: the best of 200 worthless strategies, a real edge and a leaked column, judged in half a minute

Makes three worlds in FOLDER, offline, and lets the commands that you would type yourself judge them; every command
is printed, and can be repeated in that folder. At the end it draws which_one_is_noise.png.

The folder has a ledger and a store of its own: your count of tries stays what it is."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from components.errors import ConfigError
from runner import exit_codes
from runner.storage.disk import write_atomically

PICTURE = "which_one_is_noise.png"
NEXT = ("init bars.csv --name mine", "+experiment=mine", "leaktest --table table.csv --time date --target next_return")


def add_arguments(parser: ArgumentParser) -> None:
    """Where the worlds are made."""
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER", help="new or of an earlier demo")


def run(options: Namespace) -> int:
    """Makes the worlds, judges them, prints the verdicts and draws the picture."""
    from runner.demo.judged import judged, prepared
    from runner.demo.picture import which_one
    from runner.terminal import Terminal

    folder: Path = options.out
    if folder.exists() and any(folder.iterdir()) and not (folder / PICTURE).exists():
        raise ConfigError(f"--out {folder}: holds other files; name a folder that does not exist yet")
    out, shown = Terminal(), []
    for world in prepared(folder):
        out.text(world.told)
        out.text(f"   python -m runner {' '.join(world.command)}")
        found = judged(world, folder)
        out.item(f"   {found.level.upper()}:", found.says, style="bold")
        out.text("")
        shown.append(found)
    write_atomically(folder / PICTURE, which_one(shown))
    out.text(f"Picture: {folder / PICTURE}")
    for line in ("Next, on bars of your own:", *(f"   python -m runner {command}" for command in NEXT)):
        out.text(line)
    return exit_codes.RAN
