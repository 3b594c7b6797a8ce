"""A finished run, read back from its folder alone."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import ConfigError, DataError, Problem

if TYPE_CHECKING:
    import pandas as pd

NULL_WORLDS = "null_worlds.json"
FILES = (
    "manifest.json",
    "config.yaml",
    "metrics.json",
    "gates.json",
    "forecasts.parquet",
    "weights.parquet",
    "trades.parquet",
    "equity.parquet",
)


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """What a run wrote down: the small files at once, the tables when they are first asked for.

    metrics: flat name -> number, None where it is undefined; config: the resolved YAML, as text.
    """

    path: Path
    manifest: dict[str, Any]
    config: str
    metrics: dict[str, float | None]
    gates: dict[str, Any]

    @staticmethod
    def open(path: Path) -> "RunFolder":
        """Raises DataError naming the file that is missing or unreadable, and the remedy."""
        manifest = manifest_of(path)
        missing = [name for name in FILES if not (path / name).is_file()]
        if missing:
            state = manifest.get("state", "unknown")
            raise DataError(
                f"{path}: incomplete run (state: {state}), {', '.join(missing)} missing; "
                "run the experiment again, finished stages come from the cache"
            )
        return RunFolder(
            path=path,
            manifest=manifest,
            config=(path / "config.yaml").read_text(encoding="utf-8"),
            metrics=_json(path / "metrics.json"),
            gates=_json(path / "gates.json"),
        )

    @property
    def statistics(self) -> list[dict[str, Any]]:
        """name, label, value, shown and says of every statistic; none in a folder without statistics.json."""
        file = self.path / "statistics.json"
        found: list[dict[str, Any]] = _json(file) if file.is_file() else []
        return found

    @property
    def costs(self) -> dict[str, Any] | None:
        """What became of the gross profit, see `runner.report.tables.costs`; None in a folder without costs.json."""
        file = self.path / "costs.json"
        return _json(file) if file.is_file() else None

    @property
    def null_worlds(self) -> dict[str, Any] | None:
        """Where it stands among null worlds, as the answer of its sweep says; None where it is the best of none."""
        file = self.path / NULL_WORLDS
        return _json(file) if file.is_file() else None

    @property
    def kind(self) -> str:
        """level, return or direction."""
        return str(self.manifest["target"]["kind"])

    @property
    def promotion(self) -> dict[str, Any] | None:
        """What the promotion found and decided; None where there was none."""
        file = self.path / "promotion.json"
        return _json(file) if file.is_file() else None

    @cached_property
    def leaks(self) -> dict[str, Any] | None:
        """tests and findings of the leak tests; None in a run that made none."""
        file = self.path / "leaks.json"
        return _json(file) if file.is_file() else None

    @cached_property
    def forecasts(self) -> "pd.DataFrame":
        """fold, span, timestamp, symbol, forecast, target, label_end and `baseline/<name>`; where a calibration
        gives them uncalibrated, lower, upper."""
        return self._table("forecasts")

    @cached_property
    def test(self) -> "pd.DataFrame":
        """The scored forecasts of the test spans, in order of time: those whose outcome is known."""
        frame = self.forecasts
        scored = (frame["span"] == "test") & frame["forecast"].notna() & frame["target"].notna()
        return frame[scored].sort_values(["timestamp", "symbol"], kind="stable")

    @cached_property
    def weights(self) -> "pd.DataFrame":
        return self._table("weights")

    @cached_property
    def trades(self) -> "pd.DataFrame":
        return self._table("trades")

    @cached_property
    def equity(self) -> "pd.DataFrame":
        return self._table("equity")

    def _table(self, name: str) -> "pd.DataFrame":
        import pandas as pd
        from pyarrow import ArrowException

        file = self.path / f"{name}.parquet"
        try:
            return pd.read_parquet(file)
        except (OSError, ValueError, ArrowException) as error:
            raise DataError(f"{file}: unreadable ({_first_line(error)}); run the experiment again") from error


def find_run(name: str, outputs: Path) -> Path:
    """The folder of a run named by its path, also that which it had before it was archived, its run id, or 'latest'.

    Raises ConfigError where there is none, or where the beginning of a run id fits several.
    """
    if name == "latest":
        if (outputs / "latest").exists():
            return (outputs / "latest").resolve()
        raise ConfigError(f"{outputs}/latest does not exist: no run has finished here; name a run folder")
    if (Path(name) / "manifest.json").is_file():
        return Path(name)
    if len(Path(name).parts) > 1 and not Path(name).exists():
        name = Path(name).name  # it was archived, or brought back, since the path was written down
    known = sorted(path.parent for place in ("runs", "archive") for path in outputs.glob(f"{place}/*/*/manifest.json"))
    fitting = [path for path in known if path.name == name] or [p for p in known if p.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    names = tuple(path.name for path in fitting or known)
    if fitting:
        raise ConfigError(
            Problem(
                "", f"run '{name}' is ambiguous: {', '.join(names)}", code="ambiguous_run", value=name, allowed=names
            )
        )
    newest = max(names, default=None)
    hint = f"the newest run id is '{newest}'" if newest else f"there are no runs under {outputs}/runs"
    raise ConfigError(
        Problem(
            f"run '{name}' does not exist",
            "neither a run folder nor a run id",
            hint,
            code="unknown_run",
            value=name,
            allowed=names,
            fix=(newest,) if newest else (),
            at=name,
        )
    )


def manifest_of(path: Path) -> dict[str, Any]:
    """What manifest.json says. Raises ConfigError where there is none, DataError where it cannot be read."""
    if not path.is_dir():
        raise ConfigError(f"{path}: no such run folder")
    if not (path / "manifest.json").is_file():
        raise ConfigError(f"{path}: not a run folder, it has no manifest.json")
    manifest: dict[str, Any] = _json(path / "manifest.json")
    return manifest


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file}: unreadable ({_first_line(error)}); run the experiment again") from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
