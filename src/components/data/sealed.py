"""Bars of which the last stretch is sealed: only a promotion reads it."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from components.bars import Bars
from components.contracts import Source
from components.contracts.source import Seal
from components.data._content import joint
from components.data._nested import bars_of, content_of, fields_of
from components.data.files import Files
from components.errors import ConfigError, DataError
from components.panel import Panel
from components.sealing import DISTRIBUTION, header_of, key_of, opened
from components.structure import strict
from components.values import SourceFacts

MEMORY = Path("/dev/shm")  # noqa: S108  # private folders in memory, where there is one
NEVER = "opened: promotion alone opens a seal; leave it false"


@dataclass(frozen=True, kw_only=True)
class Sealed(Source):
    """The visible bars of a file, and the sealed rest of it, as `python -m runner seal` wrote both.

    visible  how the visible part is read: one file
    rest     the sealed file
    key_env  name of the environment variable that holds the key; read at a promotion, never before
    opened   whether the sealed bars are read as well; false in every configuration
    """

    visible: Source
    rest: str
    key_env: str
    opened: bool

    optional = (DISTRIBUTION,)

    def flaws(self) -> tuple[str, ...]:
        return (NEVER,) if self.opened else ()

    def facts(self) -> SourceFacts:
        return self.visible.facts()

    def fields(self) -> tuple[str, ...]:
        return fields_of(self.visible, "visible")

    def content(self) -> str | None:
        content = content_of(self.visible, "visible")
        return None if content is None else joint(content, self._seal().digest)

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        bars = bars_of(self.visible, "visible")
        if not self.opened:
            return bars
        sealed = self._read()
        header = header_of(sealed, self.rest)
        file = self._file()
        if hashlib.sha256(file.read_bytes()).hexdigest() != header.get("visible"):
            raise DataError(f"{file}: is not the visible part that belongs to {self.rest}; give the one of its sealing")
        with _private(file.name, opened(sealed, key_of(self.key_env), self.rest)) as path:
            return _joined(bars, replace(self.visible, path=str(path)).bars())  # type: ignore[call-arg]

    def whole(self) -> "Sealed":
        return replace(self, opened=True)

    def seal(self) -> Seal:
        return self._seal()

    def _seal(self) -> Seal:
        content = self._read()
        begins = header_of(content, self.rest).get("from", "")
        return Seal(digest=hashlib.sha256(content).hexdigest(), begins=str(begins))

    def _read(self) -> bytes:
        try:
            return Path(self.rest).read_bytes()
        except OSError as error:
            raise DataError(
                f"{self.rest}: cannot be read: {error.strerror}; name the sealed file in data.rest"
            ) from None

    def _file(self) -> Path:
        path = getattr(self.visible, "path", None)
        if not isinstance(path, str):
            raise ConfigError("data.visible: bars are sealed by the file; choose data@data.visible=files")
        return Path(path)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        visible = {"_target_": "components.data.files.Files", **Files.examples()[0]}
        base = {"visible": visible, "rest": "bars.sealed", "key_env": "ASSAY_VAULT_KEY", "opened": False}
        return (base, base | {"key_env": "OTHER_KEY"})


def _joined(visible: Bars, rest: Bars) -> Bars:
    """The bars of both, those of the rest after the others."""
    names = list(dict.fromkeys([*visible.symbols, *rest.symbols]))
    place_of = {name: code for code, name in enumerate(names)}
    codes_R = np.concatenate(
        [np.array([place_of[name] for name in each.symbols], dtype=np.int32)[each.codes_R] for each in (visible, rest)]
    )
    return Bars(
        symbols=tuple(names),
        codes_R=codes_R,
        timestamps_R=np.concatenate([visible.timestamps_R, rest.timestamps_R]),
        fields={name: np.concatenate([values_R, rest.fields[name]]) for name, values_R in visible.fields.items()},
        where=visible.where,
        notices=visible.notices,
    ).ordered()


@contextmanager
def _private(name: str, data: bytes) -> Iterator[Path]:
    """A file of that name for as long as the block lasts, in a folder that nobody else may read."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="assay-", dir=memory) as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path
