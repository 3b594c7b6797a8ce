"""Weights & Biases, offline (no account, no network) or online."""

import math
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from runner.specification.tracker import RunInfo, Session, State, Tracker

if TYPE_CHECKING:
    import wandb

INIT_SECONDS = 20
FINISH_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class WandB(Tracker):
    """Logs a run to Weights & Biases when it ends, so that nothing waits for it while it computes.

    mode     offline: kept under outputs/wandb, `wandb sync` uploads it later; online: uploaded,
             which needs `wandb login` or WANDB_API_KEY
    project  name of the project
    entity   user or team that owns it; null: the account's own
    group    runs of one sweep share it; null: none
    tags     words to find runs by
    """

    mode: Literal["offline", "online"]
    project: str
    entity: str | None
    group: str | None
    tags: tuple[str, ...]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        offline = {"mode": "offline", "project": "assay", "entity": None}
        return (
            {**offline, "group": None, "tags": ()},
            {**offline, "group": "sweep-1", "tags": ("volatility", "daily")},
        )

    def start(self, run: RunInfo) -> Session:
        return _WandBSession(self, run)


@dataclass
class _WandBSession(Session):
    tracker: WandB
    run: RunInfo
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    files: list[Path] = field(default_factory=list[Path])
    bundle: tuple[Path, tuple[str, ...]] | None = None

    def log_metrics(self, metrics: Mapping[str, float | None]) -> None:
        self.metrics |= {k: v for k, v in metrics.items() if v is not None and math.isfinite(v)}

    def log_files(self, paths: Sequence[Path]) -> None:
        self.files += paths

    def log_bundle(self, folder: Path, aliases: Sequence[str]) -> None:
        self.bundle = folder, tuple(aliases)

    def finish(self, state: State) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._send(state)

    def _send(self, state: State) -> None:
        try:
            self._write(state, self.tracker.mode, self.run.name)
        except Exception as error:
            if self.tracker.mode == "offline":
                raise
            # The failed attempt keeps the id in this process.
            self._write(state, "offline", f"{self.run.name}-offline")
            raise RuntimeError(f"kept under {self.run.outputs / 'wandb'} for `wandb sync`: {error}") from error

    def _write(self, state: State, mode: Literal["offline", "online"], run_id: str) -> None:
        import wandb

        settings = _settings(self.run.outputs)
        wandb.setup(settings=settings)
        if mode == "online" and not wandb.login(prompt=False):
            raise RuntimeError("W&B has no key; run `wandb login` or set WANDB_API_KEY")
        run = wandb.init(
            mode=mode,
            project=self.tracker.project,
            entity=self.tracker.entity,
            group=self.tracker.group,
            tags=self.tracker.tags,
            id=run_id,
            name=self.run.name,
            job_type=self.run.experiment,
            config=dict(self.run.config),
            settings=settings,
        )
        try:
            run.log({**self.metrics, "state": state})
            for path in self.files:
                copy = Path(run.dir) / path.relative_to(self.run.folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
                run.save(str(copy), base_path=run.dir, policy="now")
            if self.bundle is not None:
                _log_artifact(run, *self.bundle)
        except BaseException:
            run.finish(exit_code=1)
            raise
        run.finish(exit_code=0 if state == "finished" else 1)


def _log_artifact(run: "wandb.Run", folder: Path, aliases: tuple[str, ...]) -> None:
    """The bundle as an artifact. Bundles never change, so that its files are read where they lie."""
    import wandb

    artifact = wandb.Artifact(folder.parent.name, type="model", metadata={"version": int(folder.name)})
    artifact.add_dir(str(folder), policy="immutable", skip_cache=True)
    run.log_artifact(artifact, aliases=[*aliases, f"version-{folder.name}"])


def _settings(outputs: Path) -> "wandb.Settings":
    """Silent, without everything that describes the machine, the code and the console."""
    import wandb

    return wandb.Settings(
        root_dir=str(outputs.absolute()),
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
