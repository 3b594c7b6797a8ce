"""What lies in a store: how much of what, whether it is whole, and what goes when it shall become smaller."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runner.storage.store import MEANINGS, Store

EXPLANATIONS = "explanations"
"""What the store's descriptions of keys and code are listed as."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """entries and bytes of a stage; newest: when its youngest result was written, ISO 8601, UTC."""

    stage: str
    entries: int
    bytes: int
    newest: str


@dataclass(frozen=True, kw_only=True)
class Collected:
    """removed: results, and bytes of them; kept: bytes that are left; busy: results that some process was computing."""

    removed: int
    removed_bytes: int
    kept_bytes: int
    busy: int


@dataclass(frozen=True, kw_only=True)
class _Item:
    """used: when, in ns; remove: says whether it could."""

    used: int
    bytes: int
    remove: Callable[[], bool]


def usage(store: Store) -> list[Usage]:
    """Every stage of the store, the largest first."""
    found: dict[str, list[tuple[int, float]]] = {}
    for stage, key in store.entries():
        folder = store.folder(key, stage)
        found.setdefault(stage, []).append((_bytes_in(folder), _written(folder)))
    told = [(_size(file), _written(file)) for file in _meanings(store)]
    rows = [_usage(stage, sizes) for stage, sizes in ({**found, EXPLANATIONS: told} if told else found).items()]
    return sorted(rows, key=lambda row: (-row.bytes, row.stage))


def damaged(store: Store) -> list[str]:
    """`stage/key: what is wrong` of every result whose files are not what was written."""
    found = ((stage, key, store.damage(key, stage)) for stage, key in store.entries())
    return [f"{stage}/{key}: {why}" for stage, key, why in found if why is not None]


def collect(store: Store, max_bytes: int, *, dry_run: bool = False) -> Collected:
    """Removes what was not used for longest until no more than max_bytes are left; whole results only, and none that
    some process is computing. Whoever needs a removed one computes it again."""
    items = sorted(_items(store), key=lambda item: item.used)
    kept = sum(item.bytes for item in items)
    removed = removed_bytes = busy = 0
    for item in items:
        if kept <= max_bytes:
            break
        if not dry_run and not item.remove():
            busy += 1
            continue
        removed, removed_bytes, kept = removed + 1, removed_bytes + item.bytes, kept - item.bytes
    return Collected(removed=removed, removed_bytes=removed_bytes, kept_bytes=kept, busy=busy)


def _items(store: Store) -> Iterator[_Item]:
    for stage, key in store.entries():
        folder = store.folder(key, stage)
        yield _Item(used=_used(folder), bytes=_bytes_in(folder), remove=_remover(store, key, stage))
    for file in _meanings(store):
        yield _Item(used=_used(file), bytes=_size(file), remove=_unlinker(file))


def _remover(store: Store, key: str, stage: str) -> Callable[[], bool]:
    return lambda: store.remove_unused(key, stage)


def _unlinker(file: Path) -> Callable[[], bool]:
    def unlink() -> bool:
        file.unlink(missing_ok=True)
        return True

    return unlink


def _usage(stage: str, sizes: list[tuple[int, float]]) -> Usage:
    newest = datetime.fromtimestamp(max(written for _, written in sizes), UTC)
    return Usage(
        stage=stage,
        entries=len(sizes),
        bytes=sum(size for size, _ in sizes),
        newest=newest.isoformat(timespec="seconds"),
    )


def _meanings(store: Store) -> list[Path]:
    return sorted((store.root / MEANINGS).glob("[!.]*.json"))


def _bytes_in(folder: Path) -> int:
    return sum(_size(Path(place) / name) for place, _, names in os.walk(folder) for name in names)


def _size(file: Path) -> int:
    """0 where another process removed it meanwhile."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _used(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _written(path: Path) -> float:
    index = path / "index.json" if path.is_dir() else path
    return _used(index) / 1e9
