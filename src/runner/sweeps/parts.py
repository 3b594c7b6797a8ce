"""`sweep.by=symbol`: a search of its own for every symbol, each in a folder within that of the sweep."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from components.errors import ConfigError, Problem
from runner import exit_codes
from runner.answer import Answer
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.specification.places import HERE
from runner.specification.sweep import Settings
from runner.storage.disk import write_atomically
from runner.sweeps.bars import bars_of
from runner.sweeps.opened import ASKED, Opened, begun, new_name, opened_again
from runner.sweeps.points import check_points, points_of
from runner.sweeps.searches import Past
from runner.sweeps.settings import Asked
from runner.sweeps.space import Space, space_of
from runner.sweeps.warm import known_points

SYMBOLS = ("data.symbols", "data.main.symbols")
"""Where a source is told which symbols to read."""


def begun_parts(asked: Asked, space: Space, first: Sequence[str], memo: Memo) -> list[Opened]:
    """The searches that a command line asks for: one, or one for every symbol. first: command line of any point."""
    if asked.settings.by is None:
        return [_begun(asked, space, first, memo)]
    key, symbols = _symbols(first, memo)
    name, share = new_name(), _share(asked.settings, len(symbols))
    own = [replace(asked, settings=share, overrides=(*asked.overrides, _only(key, symbol))) for symbol in symbols]
    points = points_of(space_of(own[0].plain, own[0].branches), share)
    check_points(points, share)
    parts = []
    for symbol, each in zip(symbols, own, strict=True):
        within = f"{name}/{quote(symbol, safe='')}"
        parts.append(_begun(each, space_of(each.plain, each.branches), (*first, _only(key, symbol)), memo, within))
    content = {"by": "symbol", "parts": {symbol: part.name for symbol, part in zip(symbols, parts, strict=True)}}
    write_atomically(HERE.sweeps / name / ASKED, json.dumps(content, indent=1).encode())
    return parts


def one_of(asked: Asked, space: Space, first: Sequence[str], memo: Memo) -> tuple[Space, int]:
    """What a plan looks at, and how many such searches there would be: the space, or that of the first symbol."""
    if asked.settings.by is None:
        return space, 1
    key, symbols = _symbols(first, memo)
    return replace(space, fixed=(*space.fixed, _only(key, symbols[0]))), len(symbols)


def parts_of(folder: Path) -> list[Opened]:
    """The searches of a sweep's folder. Raises ConfigError where it cannot be read."""
    parts = symbols_of(folder)
    return [opened_again(folder / name.rpartition("/")[2]) for name in parts.values()] or [opened_again(folder)]


def symbols_of(folder: Path) -> dict[str, str]:
    """symbol -> name of its search, of a sweep by symbol; of any other empty."""
    try:
        content: Mapping[str, Any] = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder / ASKED}: cannot be read: {error}; name a folder of outputs/sweeps") from None
    return dict(content.get("parts", {}))


def together(parts: Sequence[Opened], answers: Sequence[Answer]) -> Answer:
    """What the searches of all symbols came to."""
    if len(answers) == 1 and "/" not in parts[0].name:
        return answers[0]
    folder = parts[0].folder.parent
    content = {
        "folder": str(folder),
        "objectives": list(parts[0].objectives),
        "jobs": [],
        "best": None,
        "null_worlds": None,
        "plan": None,
        "parts": {symbol: answer.content for symbol, answer in zip(symbols_of(folder), answers, strict=True)},
    }

    def show() -> None:
        for symbol, answer in zip(symbols_of(folder), answers, strict=True):
            print(f"\n{symbol}")
            answer.show()

    return Answer(content, show, exit_codes.of_jobs(answer.exit_code for answer in answers))


def _begun(asked: Asked, space: Space, first: Sequence[str], memo: Memo, within: str = "") -> Opened:
    warm = asked.settings.warm_start

    def known(opened: Opened) -> list[Past]:
        return known_points(space, opened.aims, None if warm is True else int(warm), first, memo) if warm else []

    return begun(asked, space, first, known, within=within)


def _symbols(first: Sequence[str], memo: Memo) -> tuple[str, list[str]]:
    """The setting that names the symbols, and those that the first point reads."""
    config = configure(first, memo=memo)[1].config
    keys = [key for key in SYMBOLS if _is_list(config, key)]
    if not keys:
        hint = f"a source with {SYMBOLS[0]} has one, such as data=files"
        raise ConfigError(Problem("sweep.by", "the source has no list of symbols that it reads", hint))
    return keys[0], list(bars_of(first, memo)[1].symbols)


def _is_list(config: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(config, Mapping) or part not in config:
            return False
        config = config[part]
    return config is None or isinstance(config, list)


def _only(key: str, symbol: str) -> str:
    escaped = symbol.replace("\\", "\\\\").replace("'", "\\'")
    return f"{key}=['{escaped}']"


def _share(settings: Settings, symbols: int) -> Settings:
    """The settings of one symbol's search: its share of what all may take together, and its own trials."""
    hours, minutes = settings.processor_hours, settings.minutes
    return replace(
        settings,
        by=None,
        processor_hours=None if hours is None else hours / symbols,
        minutes=None if minutes is None else minutes / symbols,
    )
