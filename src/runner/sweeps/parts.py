"""`sweep.by=symbol`: a search of its own for every symbol, each in a folder within that of the sweep."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from runner.sweeps.searches import Past
from runner.sweeps.settings import Asked
from runner.sweeps.space import Space, space_of
from runner.sweeps.warm import known_points

SYMBOLS = ("data.symbols", "data.main.symbols")
"""Where a source is told which symbols to read."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A search that a command line asks for. symbol: whose it is, None: of all; first: command line of any point."""

    symbol: str | None = None
    asked: Asked
    space: Space
    first: Sequence[str]


def begun_parts(searches: Sequence[Part], memo: Memo) -> list[Opened]:
    """The searches that a command line asks for, in folders of their own: one, or one for every symbol."""
    if searches[0].symbol is None:
        return [_begun(searches[0], memo)]
    name = new_name()
    parts = {each.symbol: _begun(each, memo, f"{name}/{quote(str(each.symbol), safe='')}") for each in searches}
    content = {"by": "symbol", "parts": {symbol: part.name for symbol, part in parts.items()}}
    write_atomically(HERE.sweeps / name / ASKED, json.dumps(content, indent=1).encode())
    return list(parts.values())


def own_searches(whole: Part, memo: Memo) -> list[Part]:
    """The search of every symbol. whole: that of all of them."""
    key, symbols = symbols_key(whole.first, memo), list(bars_of(whole.first, memo)[1].symbols)
    share, found = _share(whole.asked.settings, len(symbols)), list[Part]()
    for symbol in symbols:
        asked = replace(whole.asked, settings=share, overrides=(*whole.asked.overrides, _only(key, symbol)))
        space, first = space_of(asked.plain, asked.branches), (*whole.first, _only(key, symbol))
        found.append(Part(symbol=symbol, asked=asked, space=space, first=first))
    return found


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
    names = {name: symbol for symbol, name in symbols_of(folder).items()}
    symbols = [names[opened.name] for opened in parts]  # all of them, or the one that was resumed
    content = {
        "folder": str(folder),
        "objectives": list(parts[0].objectives),
        "jobs": [],
        "best": None,
        "null_worlds": None,
        "plan": None,
        "parts": {symbol: answer.content for symbol, answer in zip(symbols, answers, strict=True)},
    }

    def show() -> None:
        for symbol, answer in zip(symbols, answers, strict=True):
            print(f"\n{symbol}")
            answer.show()

    return Answer(content, show, exit_codes.of_jobs(answer.exit_code for answer in answers))


def _begun(part: Part, memo: Memo, within: str = "") -> Opened:
    warm, space, first = part.asked.settings.warm_start, part.space, part.first

    def known(opened: Opened) -> list[Past]:
        return known_points(space, opened.aims, None if warm is True else int(warm), first, memo) if warm else []

    return begun(part.asked, space, first, known, within=within)


def symbols_key(first: Sequence[str], memo: Memo) -> str:
    """The setting that names the symbols which a point reads. Raises ConfigError where its source has none."""
    config = configure(first, memo=memo)[1].config
    keys = [key for key in SYMBOLS if _is_list(config, key)]
    if not keys:
        hint = f"a source with {SYMBOLS[0]} has one, such as data=files"
        raise ConfigError(Problem("sweep.by", "the source has no list of symbols that it reads", hint))
    return keys[0]


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
