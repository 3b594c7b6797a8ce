"""demo [--out FOLDER]: the best of 200 worthless strategies, a real edge and a leaked column, judged in half a minute

Makes three worlds in FOLDER, offline, and lets the commands that you would type yourself judge them; every command
is printed, and can be repeated in that folder. At the end it draws which_one_is_noise.png.

The folder has a ledger and a store of its own: your count of tries stays what it is."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.errors import ConfigError
from runner.answer import Answer
from runner.storage.disk import write_atomically

PICTURE = "which_one_is_noise.png"
NEXT = ("init bars.csv --name mine", "+experiment=mine", "leaktest --table table.csv --time date --target next_return")

ANSWER = {
    "folder": "text: where the worlds are",
    "worlds": "list: of each title, told, command, level and says",
    "picture": "text: the file",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Where the worlds are made."""
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER", help="new or of an earlier demo")


def run(options: Namespace) -> Answer:
    """Makes the worlds, judges them and draws the picture."""
    from runner.demo.judged import judged, prepared
    from runner.demo.picture import which_one
    from runner.terminal import Terminal

    folder: Path = options.out
    if folder.exists() and any(folder.iterdir()) and not (folder / PICTURE).exists():
        raise ConfigError(f"--out {folder}: holds other files; name a folder that does not exist yet")
    talk, worlds, found = Terminal(), prepared(folder), []
    for world in worlds:
        talk.text(world.told)
        found.append(judged(world, folder))
    write_atomically(folder / PICTURE, which_one(found))
    content = {
        "folder": str(folder),
        "worlds": [
            {
                "title": world.title,
                "told": world.told,
                "command": " ".join(world.command),
                "level": verdict.level,
                "says": verdict.says,
            }
            for world, verdict in zip(worlds, found, strict=True)
        ],
        "picture": str(folder / PICTURE),
    }
    return Answer(content, lambda: _show(content), next=NEXT)


def _show(content: Mapping[str, Any]) -> None:
    from runner.terminal import Terminal

    out = Terminal()
    for world in content["worlds"]:
        out.text(world["told"])
        out.text(f"   python -m runner {world['command']}")
        out.item(f"   {world['level'].upper()}:", world["says"], style="bold")
        out.text("")
    out.text(f"Picture: {content['picture']}")
    for line in ("Next, on bars of your own:", *(f"   python -m runner {command}" for command in NEXT)):
        out.text(line)
