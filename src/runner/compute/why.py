"""Why a stage of a run was computed: what its key was made of, compared with that of the stage before it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import ConfigError
from runner.storage.store import Store

FOUND = "found in the store"
AS_BEFORE = "as before; not kept as one result"
FIRST = "nothing to compare it with: the first of its kind"
MOST_COMPARED = 40
"""Earlier entries of a stage that are compared at most, newest first."""
Keys = Mapping[str, str]
"""name of a stage -> its key."""


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """stage: its name; lines: why it was computed, one clause each; FOUND or AS_BEFORE alone where nothing changed."""

    stage: str
    lines: tuple[str, ...]


def reasons(folder: Path, store: Store, stage: str | None) -> list[Reasons]:
    """Of every stage of a run, or of one and those that it was made of as far as they changed.

    Raises ConfigError where the run has no such stage, or noted no keys.
    """
    keys, earlier = _keys(folder), [_keys(other) for other in _earlier(folder)]
    if not keys:
        raise ConfigError(f"{folder}: the manifest names no stages; the run did not get so far")
    if stage is not None and stage not in keys:
        raise ConfigError(f"{stage}: the run has no such stage; it has {', '.join(keys)}")
    asked = [stage] if stage else list(keys)
    found: dict[str, Reasons] = {}
    while asked:
        name = asked.pop(0)
        if name not in found:
            found[name] = Reasons(stage=name, lines=tuple(_why(name, keys, earlier, store, _started(folder))))
            asked += [line.removeprefix("input ").partition(": stage ")[2] for line in found[name].lines
                      if stage and ": stage " in line]  # fmt: skip
    return list(found.values())


def changes(now: Mapping[str, Any], before: Mapping[str, Any], store: Store, keys: Keys) -> list[str]:
    """What differs between what two keys were made of; keys: of the later run, to name inputs."""
    named = {key: name for name, key in keys.items()}
    return [
        *_settings(now.get("settings", {}), before.get("settings", {})),
        *_codes(now.get("code", {}), before.get("code", {}), store),
        *_inputs(now.get("inputs", {}), before.get("inputs", {}), named),
        *(["the format of keys changed"] if now.get("format") != before.get("format") else []),
    ]


def _why(name: str, keys: Keys, earlier: Sequence[Keys], store: Store, started: float) -> list[str]:
    key = keys[name]
    if any(key in others.values() for others in earlier):
        return [FOUND if store.has(key, name.partition(" ")[0]) else AS_BEFORE]
    now = store.meaning(key)
    if now is None:
        return ["what its key was made of is not in the store any more"]
    same = [others[name] for others in earlier if name in others]
    before = [origin for each in same if (origin := store.meaning(each)) is not None]
    before += _others(name, key, store, started)
    compared = [changes(now, origin, store, keys) for origin in before[:MOST_COMPARED]]
    return min(compared, key=len) if compared else [FIRST]


def _others(name: str, key: str, store: Store, started: float) -> list[Mapping[str, Any]]:
    """What earlier results of the same stage were made of, newest first."""
    stage = name.partition(" ")[0]
    written = [
        (index.stat().st_mtime, other)
        for other in store.keys(stage)
        if other != key and (index := store.folder(other, stage) / "index.json").is_file()
    ]
    before = sorted((each for each in written if each[0] < started), reverse=True)[:MOST_COMPARED]
    return [origin for _, other in before if (origin := store.origin(other, stage)) is not None]


def _settings(now: Any, before: Any, path: str = "") -> Iterator[str]:
    if isinstance(now, Mapping) and isinstance(before, Mapping):
        for name in sorted({*now, *before}):
            yield from _settings(now.get(name), before.get(name), f"{path}.{name}" if path else name)
    elif isinstance(now, list) and isinstance(before, list) and len(now) == len(before):
        for place, (new, old) in enumerate(zip(now, before, strict=True)):
            yield from _settings(new, old, f"{path}[{place}]")
    elif now != before:
        yield f"{path} {_shown(before)} -> {_shown(now)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping) and "_target_" in value:
        return str(value["_target_"]).rpartition(".")[2]
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _codes(now: Mapping[str, str], before: Mapping[str, str], store: Store) -> list[str]:
    """Functions, constants and data files that changed, and versions of libraries; each once."""
    found: dict[str, None] = {}
    for subject in sorted({*now, *before}):
        if now.get(subject) == before.get(subject) or subject not in now or subject not in before:
            continue  # another choice: the settings say so
        new, old = store.meaning(now[subject]), store.meaning(before[subject])
        lines = [f"code {subject} changed"] if new is None or old is None else list(_parts(new, old))
        found |= dict.fromkeys(lines)
    return list(found)


def _parts(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*now["parts"], *before["parts"]}):
        new, old = now["parts"].get(name), before["parts"].get(name)
        if new != old:
            yield f"code {name} {'is new' if old is None else 'is gone' if new is None else 'changed'}"
    for name in sorted({*now["versions"], *before["versions"]}):
        new, old = now["versions"].get(name), before["versions"].get(name)
        if new != old:
            yield f"{name} {old or 'none'} -> {new or 'none'}"


def _inputs(now: Any, before: Any, named: Mapping[str, str], path: str = "") -> Iterator[str]:
    if isinstance(now, Mapping) and isinstance(before, Mapping):
        for name in sorted({*now, *before}):
            yield from _inputs(now.get(name), before.get(name), named, f"{path}.{name}" if path else name)
    elif isinstance(now, list) and isinstance(before, list):
        if len(now) != len(before):
            yield f"input {path}: {len(before)} -> {len(now)} of them"
        for place, (new, old) in enumerate(zip(now, before, strict=False), 1):
            yield from _inputs(new, old, named, f"{path} {place}")
    elif now != before:
        if now is None or before is None:
            yield f"input {path}: {'none' if now is None else 'one'} where there was {'one' if now is None else 'none'}"
        elif now in named:
            yield f"input {path}: stage {named[now]}"
        else:
            yield f"input {path}: other {'bars' if path == 'panel' else 'content'}"


def _keys(folder: Path) -> Keys:
    try:
        keys: Keys = json.loads((folder / "manifest.json").read_bytes()).get("keys", {})
    except (OSError, ValueError):
        return {}
    return keys


def _earlier(folder: Path) -> list[Path]:
    """Runs of the same experiment that started before, newest first: their names begin with the time."""
    others = [path.parent for path in folder.parent.glob("*/manifest.json")]
    return sorted((path for path in others if path.name < folder.name), reverse=True)


def _started(folder: Path) -> float:
    from datetime import datetime

    try:
        started = json.loads((folder / "manifest.json").read_bytes())["started"]
        return datetime.fromisoformat(started).timestamp()
    except (OSError, ValueError, KeyError):
        return folder.stat().st_mtime
