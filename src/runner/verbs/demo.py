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
        out.text(f"{world.told}\n  python -m runner {' '.join(world.command)}")
        found = judged(world, folder)
        out.item(f"  {found.level.upper()}:", found.says, style="bold")
        out.text("")
        shown.append(found)
    write_atomically(folder / PICTURE, which_one(shown))
    out.text(f"Picture: {folder / PICTURE}")
    out.text("Next, on bars of your own:\n  python -m runner init bars.csv --name mine\n  python -m runner +experiment=mine")
    return exit_codes.RAN
