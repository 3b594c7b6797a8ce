"""What Weights & Biases is to be told of a run: posted when the run ends, written by whoever finds it.

An order is a JSON file under outputs/wandb/pending/; it is removed once it is written. Whatever keeps a
process from writing its orders, the next one that delivers finds them.
"""

import json
import shutil
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from runner.storage.disk import write_atomically

if TYPE_CHECKING:
    import wandb

FOLDER = "wandb"
PENDING = f"{FOLDER}/pending"
INIT_SECONDS = 20
FINISH_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run as W&B is to know it: id (its own there), name, paths as absolute texts, the bundle's aliases,
    the verdict's level."""

    mode: Literal["offline", "online"]
    project: str
    entity: str | None
    group: str | None
    tags: tuple[str, ...]
    id: str
    name: str
    experiment: str
    config: dict[str, Any]
    folder: str
    outputs: str
    metrics: dict[str, float]
    files: tuple[str, ...]
    bundle: str | None
    aliases: tuple[str, ...]
    state: Literal["finished", "failed", "interrupted"]
    level: str | None = None
    ledger_head: str | None = None


def post(order: Order) -> None:
    """Leaves the order for `deliver`. Raises OutputError."""
    write_atomically(Path(order.outputs) / PENDING / f"{order.id}.json", json.dumps(asdict(order)).encode())


def read(path: Path) -> Order:
    """A posted order. Raises ValueError, KeyError or TypeError if it is none."""
    return Order(**json.loads(path.read_text(encoding="utf-8")))


def write(order: Order) -> None:
    """Writes the run through W&B itself; raises whatever W&B does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _write(order)


def _write(order: Order) -> None:
    import wandb

    settings = _settings(order.outputs)
    wandb.setup(settings=settings)
    if order.mode == "online" and not wandb.login(prompt=False):
        raise RuntimeError("W&B has no key; run `wandb login` or set WANDB_API_KEY")
    run = wandb.init(
        mode=order.mode,
        project=order.project,
        entity=order.entity,
        group=order.group,
        tags=order.tags,
        id=order.id,
        name=order.name,
        job_type=order.experiment,
        config=order.config,
        settings=settings,
    )
    try:
        said = {"state": order.state, "ledger_head": order.ledger_head or ""}
        run.log({**order.metrics, **said} | ({"level": order.level} if order.level else {}))
        for path in map(Path, order.files):
            copy = Path(run.dir) / path.relative_to(order.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            run.save(str(copy), base_path=run.dir, policy="now")
        if order.bundle is not None:
            _log_artifact(run, Path(order.bundle), order.aliases)
    except BaseException:
        run.finish(exit_code=1)
        raise
    run.finish(exit_code=0 if order.state == "finished" else 1)


def _log_artifact(run: "wandb.Run", folder: Path, aliases: tuple[str, ...]) -> None:
    """The bundle as an artifact. Bundles never change, so that its files are read where they lie."""
    import wandb

    artifact = wandb.Artifact(folder.parent.name, type="model", metadata={"version": int(folder.name)})
    artifact.add_dir(str(folder), policy="immutable", skip_cache=True)
    run.log_artifact(artifact, aliases=[*aliases, f"version-{folder.name}"])


def _settings(outputs: str) -> "wandb.Settings":
    """Silent, without everything that describes the machine, the code and the console."""
    import wandb

    return wandb.Settings(
        root_dir=outputs,
        silent=True,
        console="off",
        reinit="create_new",
        disable_git=True,
        disable_code=True,
        disable_job_creation=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
        init_timeout=INIT_SECONDS,
        finish_timeout=FINISH_SECONDS,
    )
