"""The files of a bundle and their checksums."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from components.errors import DataError

FORMAT_VERSION = 4
WITNESSED = 4
"""The first format whose versions and moves are events of the ledger."""
MANIFEST = "bundle.json"
GRAPH = "model.onnx"
CONFIG = "config.yaml"
GATES = "gates.json"
PARITY = "parity.json"
CARD = "README.md"
SUMS = "SHA256SUMS"
FILES = (MANIFEST, GRAPH, CONFIG, GATES, PARITY, CARD)
PREPROCESS = "preprocess.json"
"""What the preprocessor has learnt; only in bundles of format 2 or later."""
PROMOTION = "promotion.json"
"""Override, vault, deployed model and figures: what the promotion found and decided."""
EVIDENCE = "evidence.npz"
"""Out-of-sample forecasts and returns of the run, with which versions are compared."""
REPLAY = "replay.npz"
"""A few forecasts of the deployed model, which whoever verifies it sees again; only in format 4 or later."""
SIGNATURE = "SIGNATURE.json"
"""Who vouches for the checksums; it came after them, so that they do not hold it."""
VARIANTS = "variants.json"
"""What the graph's smaller variants were measured to do; only in bundles of format 3 or later."""
VARIANT_GRAPHS = {"fp16": "model.fp16.onnx", "int8": "model.int8.onnx"}
FURTHER = (PREPROCESS, PROMOTION, EVIDENCE, REPLAY, VARIANTS, *VARIANT_GRAPHS.values())
"""Files that a bundle may have."""


def checksums(files: Mapping[str, bytes]) -> bytes:
    """The content of SHA256SUMS, in the form that `sha256sum --check` reads."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    return "".join(lines).encode()


def read_verified(folder: Path) -> dict[str, bytes]:
    """name -> content of every file of the bundle.

    Raises DataError naming the first file that is missing, is not what was written or does not belong there.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give the folder of a bundle or <name>[@version]")
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file():
            raise DataError(f"{path}: is no plain file; a bundle holds plain files, no links and no folders")
    sums = _read(folder, SUMS)
    further = [name for name in FURTHER if f"  {name}\n".encode() in sums]
    files = {name: _read(folder, name) for name in (*FILES, *further)}
    if strangers := sorted({path.name for path in folder.iterdir()} - {*files, SUMS, SIGNATURE}):
        raise DataError(
            f"{folder / strangers[0]}: is no file of this bundle; remove it: a bundle holds what {SUMS} lists and "
            "nothing else"
        )
    lines = sums.splitlines(keepends=True)
    for name, data in files.items():
        if checksums({name: data}) not in lines:
            raise DataError(
                f"{folder / name}: changed since the bundle was written: its checksum is not that of {SUMS}; "
                "restore the file or promote the run again"
            )
    if sums != checksums(files):
        raise DataError(
            f"{folder / SUMS}: changed since the bundle was written; restore the file or promote the run again"
        )
    return files


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(
            f"{folder / name}: cannot be read: {reason}; a bundle needs {', '.join((*FILES, SUMS))}"
        ) from None
