"""Where results lie."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Places:
    """outputs: folder of runs, sweeps, store and registry; ledger: path or address of a database, None: what
    ASSAY_LEDGER says, else the user's data folder."""

    outputs: Path
    ledger: str | None = None

    @property
    def registry(self) -> Path:
        return self.outputs / "registry"

    @property
    def sweeps(self) -> Path:
        return self.outputs / "sweeps"

    @property
    def store(self) -> Path:
        return self.outputs / "store"


HERE = Places(outputs=Path("outputs"))
"""Seen from the folder in which a command runs."""
