"""Heads of the ledger that runs and bundles noted down: they witness that nothing was removed or replaced since."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD = re.compile(r"\d+:[0-9a-f]{64}")
PLACES = ("runs/*/*/manifest.json", "registry/**/*.json")


def noted_heads(outputs: Path) -> set[str]:
    """Heads under `outputs`, in manifests of runs and in whatever the registry holds."""
    heads = set()
    for pattern in PLACES:
        for path in sorted(outputs.glob(pattern)):
            heads |= set(heads_in(_content(path)))
    return heads


def heads_in(content: object) -> Iterator[str]:
    """Every `ledger_head` anywhere in a JSON document."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name == "ledger_head" and isinstance(value, str) and HEAD.fullmatch(value):
                yield value
            else:
                yield from heads_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from heads_in(value)


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
