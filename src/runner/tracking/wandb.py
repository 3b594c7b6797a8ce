"""Weights & Biases, offline (no account, no network) or online."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from runner.specification.tracker import RunInfo, Session, State, Tracker
from runner.tracking.orders import Order, post, write


@dataclass(frozen=True, kw_only=True)
class WandB(Tracker):
    """Logs a run to Weights & Biases when it ends, so that nothing waits for it while it computes.

    mode     offline: written under outputs/wandb by a process of its own that nobody waits for, `wandb sync`
             uploads it later; online: uploaded before the run returns, which needs `wandb login` or WANDB_API_KEY
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
    level: str | None = None
    files: list[Path] = field(default_factory=list[Path])
    bundle: tuple[Path, tuple[str, ...]] | None = None
    head: str | None = None

    def log_metrics(self, metrics: Mapping[str, float | None]) -> None:
        self.metrics |= {k: v for k, v in metrics.items() if v is not None and math.isfinite(v)}

    def log_level(self, level: str) -> None:
        self.level = level

    def log_files(self, paths: Sequence[Path]) -> None:
        self.files += paths

    def log_bundle(self, folder: Path, aliases: Sequence[str]) -> None:
        self.bundle = folder, tuple(aliases)

    def log_head(self, head: str) -> None:
        self.head = head

    def finish(self, state: State) -> None:
        order = self._order(state)
        if self.tracker.mode == "offline":
            post(order)
            return
        try:
            write(order)
        except Exception as error:
            # The failed attempt keeps the id in this process.
            post(replace(order, mode="offline", id=f"{order.name}-offline"))
            raise RuntimeError(f"kept under {self.run.outputs / 'wandb'} for `wandb sync`: {error}") from error

    def _order(self, state: State) -> Order:
        folder, aliases = self.bundle or (None, ())
        return Order(
            mode=self.tracker.mode,
            project=self.tracker.project,
            entity=self.tracker.entity,
            group=self.tracker.group,
            tags=self.tracker.tags,
            id=self.run.name,
            name=self.run.name,
            experiment=self.run.experiment,
            config=dict(self.run.config),
            folder=str(self.run.folder.absolute()),
            outputs=str(self.run.outputs.absolute()),
            metrics=self.metrics,
            files=tuple(str(path.absolute()) for path in self.files),
            bundle=str(folder.absolute()) if folder else None,
            aliases=aliases,
            ledger_head=self.head,
            state=state,
            level=self.level,
        )
