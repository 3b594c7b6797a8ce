"""Writes a bundle: whole or not at all."""

import json
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.bundle import layout
from runner.bundle.card import model_card
from runner.bundle.reader import Bundle
from runner.storage.disk import sync_folder, write_synced, writing


def write_bundle(
    folder: Path,
    bundle: Bundle,
    *,
    name: str,
    version: int,
    config: Mapping[str, Any],
    run: Mapping[str, Any],
    gates: Mapping[str, Any],
    parity: Mapping[str, Any],
    promotion: Mapping[str, Any] | None = None,
    evidence: bytes | None = None,
    replay: bytes | None = None,
    witness: Callable[[Mapping[str, bytes]], None] = lambda _: None,
) -> None:
    """Writes the bundle into a folder that does not exist yet.

    config: the run's resolved configuration; run: its manifest; gates: its verdict; parity: what `certify`
    found; promotion: what `runner.promotion` found and decided; evidence: an npz of the out-of-sample
    forecasts and returns; replay: see `runner.promotion.replay`. Raises OutputError if the folder cannot be written
    or exists already; witness: is told of all files when they are written and the version is not yet there.
    """
    import yaml

    manifest = {
        "format_version": layout.FORMAT_VERSION,
        "name": name,
        "version": version,
        "recipe": bundle.recipe.to_json(),
        "run": dict(run),
        "override": (promotion or {}).get("override"),
    }
    files = {
        layout.MANIFEST: _json(manifest),
        layout.GRAPH: bundle.graph,
        layout.CONFIG: yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True).encode(),
        layout.GATES: _json(gates),
        layout.PARITY: _json({key: value for key, value in parity.items() if key != "variants"}),
        layout.CARD: model_card(
            bundle.recipe, name=name, version=version, run=run, gates=gates, parity=parity, promotion=promotion
        ).encode(),
    }
    if promotion is not None:
        files[layout.PROMOTION] = _json(promotion)
    if evidence is not None:
        files[layout.EVIDENCE] = evidence
    if replay is not None:
        files[layout.REPLAY] = replay
    if bundle.recipe.preprocess is not None:
        files[layout.PREPROCESS] = _json(bundle.learnt)
    if variants := parity.get("variants"):
        files[layout.VARIANTS] = _json(variants)
        files |= _graphs(bundle.graph, variants)
    _write(folder, {**files, layout.SUMS: layout.checksums(files)}, witness)


def _graphs(graph: bytes, measured: Mapping[str, Any]) -> dict[str, bytes]:
    """File name -> graph of the variants that were measured."""
    from runner.bundle.variants import PRECISIONS, variant

    names = [name for name in PRECISIONS if "bytes" in measured.get(name, {})]
    made = {layout.VARIANT_GRAPHS[name]: variant(graph, name) for name in names}
    return {file: smaller for file, smaller in made.items() if isinstance(smaller, bytes)}


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"


def _write(folder: Path, files: Mapping[str, bytes], witness: Callable[[Mapping[str, bytes]], None]) -> None:
    partial = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    with writing(folder.parent):
        try:
            partial.mkdir(parents=True)
            for name, data in files.items():
                write_synced(partial / name, data)
            sync_folder(partial)
            witness(files)
            partial.rename(folder)  # fails where the folder has files already
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        sync_folder(folder.parent)
