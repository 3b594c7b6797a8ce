"""Heads of the ledger that runs and bundles noted down: they witness that nothing was removed or replaced since."""

import re
from pathlib import Path

HEAD = re.compile(rb'"ledger_head"\s*:\s*"(\d+:[0-9a-f]{64})"')
"""Wherever it stands in a JSON document. Documents are not parsed: there is one for each run that ever was."""
PLACES = ("runs/*/*/manifest.json", "archive/*/*/manifest.json", "registry/**/*.json")


def noted_heads(outputs: Path) -> set[str]:
    """Heads under `outputs`, in manifests of runs and in whatever the registry holds."""
    heads: set[str] = set()
    for pattern in PLACES:
        for path in outputs.glob(pattern):
            heads |= heads_in(_content(path))
    return heads


def heads_in(content: bytes) -> set[str]:
    """Every `ledger_head` anywhere in a JSON document."""
    return {head.decode() for head in HEAD.findall(content)}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
