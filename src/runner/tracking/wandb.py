"""Weights & Biases, offline (no account, no network) or online."""

import math
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from runner.specification.tracker import Bundle, Record, Table, Tracker, at_step

if TYPE_CHECKING:
    import wandb

FOLDER = "wandb"
EDITION = "edition.txt"
"""Beside the file of a run that is whole."""
LONGEST_TAG = 64
KILLED = 255
"""What W&B itself notes of a run that Ctrl-C ended."""
UPLOAD_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class WandB(Tracker):
    """Every run is a run of W&B, those of a sweep in one group.

    mode     offline: written under outputs/wandb, `wandb sync` uploads it later; online: uploaded as well, which needs
             `wandb login` or WANDB_API_KEY, unless WANDB_MODE=offline
    project  name of the project
    entity   user or team that owns it; null: the account's own
    group    of runs that are no trials of a sweep, whose group is the sweep; null: none
    tags     words to find runs by, beside level, ending and debug
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

    def places(self) -> Mapping[str, Tracker]:
        return {} if os.environ.get("WANDB_MODE") == "disabled" else {"wandb": self}

    def waits(self) -> bool:
        return self._uploads()

    def tell(self, record: Record, outputs: Path) -> None:
        """Writes the run's own folder, anew where there is one of another edition; uploads it where mode says so."""
        folder = _whole(outputs, record)
        if folder is None:
            with _apart(outputs):
                folder = self._written(record, outputs)
            (folder / EDITION).write_text(record.edition, encoding="ascii")
        if self._uploads():
            _upload(folder)

    def _uploads(self) -> bool:
        return self.mode == "online" and os.environ.get("WANDB_MODE", "online") == "online"

    def _written(self, record: Record, outputs: Path) -> Path:
        import wandb

        settings = _settings(outputs)
        wandb.setup(settings=settings)
        run = wandb.init(
            mode="offline",
            project=self.project,
            entity=self.entity,
            group=record.group or self.group,
            tags=_tags((*self.tags, *record.tags)),
            id=record.id,
            name=record.name,
            job_type=record.kind,
            config=_plain(record.config),
            settings=settings,
        )
        try:
            _fill(run, record)
        except BaseException:
            run.finish(exit_code=1)
            raise
        run.finish(exit_code=KILLED if record.state == "interrupted" else record.exit_code)
        return Path(run.dir).parent


def _whole(outputs: Path, record: Record) -> Path | None:
    """The folder of the record, where it is whole and of this edition; whatever else there is of it goes."""
    kept = None
    for folder in (outputs / FOLDER).glob(f"offline-run-*-{record.id}"):
        if _id(folder) != record.id:
            continue
        try:
            edition = (folder / EDITION).read_text(encoding="ascii")
        except OSError:
            edition = None
        if edition == record.edition:
            kept = folder
        else:
            shutil.rmtree(folder)
    return kept


def _id(folder: Path) -> str:
    """offline-run-<date>_<time>-<id>"""
    return folder.name.removeprefix("offline-run-").partition("-")[2]


def _fill(run: "wandb.Run", record: Record) -> None:
    import wandb

    for step, rows in record.history.items():
        run.define_metric(step, summary="none")
        run.define_metric(f"{step}/*", step_metric=step, summary="none")
        for row in rows:
            run.log({at_step(step, name): value for name, value in row.items()})
    run.summary.update(dict(record.summary))
    shown: dict[str, Any] = {name: _table(table) for name, table in record.tables.items()}
    shown |= {f"figures/{name}": wandb.Image(str(path)) for name, path in record.images.items()}
    if shown:
        run.log(shown)
    for kind, path in record.files.items():
        artifact = wandb.Artifact(f"{kind}-{record.id}", type=kind)
        artifact.add_file(_copied(path, run), policy="immutable", skip_cache=True)
        run.log_artifact(artifact)
    for bundle in record.bundles:
        _log_bundle(run, bundle)


def _table(table: Table) -> "wandb.Table":
    import wandb

    rows = [list(row) for row in table.rows]
    return wandb.Table(columns=list(table.columns), data=rows, allow_mixed_types=True)


def _copied(path: Path, run: "wandb.Run") -> str:
    """A run's file may be written again, and the run's folder may go."""
    copy = Path(run.dir) / path.name
    shutil.copyfile(path, copy)
    run.save(str(copy), base_path=run.dir, policy="now")
    return str(copy)


def _log_bundle(run: "wandb.Run", bundle: Bundle) -> None:
    """The bundle as an artifact. Bundles never change, so that its files are read where they lie."""
    import wandb

    artifact = wandb.Artifact(bundle.name, type="model", metadata={"version": int(bundle.version)})
    artifact.add_dir(str(bundle.folder.absolute()), policy="immutable", skip_cache=True)
    run.log_artifact(artifact, aliases=[*bundle.aliases, f"version-{bundle.version}"])


def _upload(folder: Path) -> None:
    """Raises RuntimeError with W&B's own last words where it could not be uploaded."""
    import wandb

    (file,) = folder.glob("run-*.wandb")
    synced = file.with_name(f"{file.name}.synced")
    if synced.exists():
        return
    kept = f"kept in {folder.parent} for `wandb sync`"
    try:
        known = wandb.login(prompt=False)
    except Exception as error:
        raise RuntimeError(f"{str(error).splitlines()[0].rstrip('.')}; {kept}") from error
    if not known:
        raise RuntimeError(f"W&B has no key; run `wandb login` or set WANDB_API_KEY; {kept}")
    command = [sys.executable, "-m", "wandb", "sync", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=UPLOAD_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"W&B did not take it in {UPLOAD_SECONDS} s; {kept}") from None
    if not synced.exists():
        said = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
        raise RuntimeError(f"{said[-1] if said else 'W&B could not be reached'}; {kept}")


def _tags(words: Sequence[str]) -> tuple[str, ...]:
    """What W&B takes: each once, of 1 to 64 characters."""
    return tuple(dict.fromkeys(word[:LONGEST_TAG] for word in words if word))


def _plain(value: Any) -> Any:
    """The configuration as JSON holds it: names as text, numbers that are not finite as text."""
    match value:
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
        case str() | int() | float() | None:
            return value
    return str(value)


@contextmanager
def _apart(outputs: Path) -> Iterator[None]:
    """W&B writes below outputs alone, warns nobody, and heeds no variable that is about a run of somebody else."""
    before = dict(os.environ)
    for name in ("WANDB_RUN_ID", "WANDB_RESUME", "WANDB_NAME", "WANDB_MODE", "WANDB_DISABLED", "WANDB_NOTES"):
        os.environ.pop(name, None)
    os.environ |= {"WANDB_DATA_DIR": str(outputs / FOLDER / "data"), "WANDB_CACHE_DIR": str(outputs / FOLDER / "cache")}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _settings(outputs: Path) -> "wandb.Settings":
    """Silent, without everything that describes the machine, the code and the console."""
    import wandb

    return wandb.Settings(
        root_dir=str(outputs),
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
    )
