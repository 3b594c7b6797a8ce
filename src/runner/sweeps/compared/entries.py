"""What is compared: every trial of some sweeps, and runs of their own, whatever became of them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import yaml

from components.errors import AssayError, ConfigError
from runner.composition.figures import leading
from runner.composition.figures import metrics as all_metrics
from runner.recording.ledger import Ledger
from runner.recording.run_folder import find_run
from runner.recording.trials import Trial
from runner.report.listed import leaves
from runner.report.told import told
from runner.specification.places import HERE
from runner.sweeps.best import beyond
from runner.sweeps.opened import ASKED, SPANNING, Opened, unlike
from runner.sweeps.parts import parts_of, symbols_of
from runner.sweeps.study import StudyTrial

FINISHED, BEYOND = "finished", "beyond constraints"
SPAN = "valid"


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """A trial or a run. name: unlike any other's; sweep: its letter, '' of a run of its own; settings: path -> value as
    typed; figures: flat name -> number; scores: of its folds, as far as it was heard; trial: the same for the search;
    key: of its trial in the ledger; run: `told` of its folder, empty where there is none."""

    name: str
    sweep: str
    state: str
    settings: Mapping[str, str]
    figures: Mapping[str, float | None]
    scores: tuple[float, ...] = ()
    says: str = ""
    seconds: float | None = None
    folder: str | None = None
    run: Mapping[str, Any] = field(default_factory=dict[str, Any])
    trial: StudyTrial | None = None
    key: str | None = None

    @property
    def gone(self) -> bool:
        """Whether its folder was removed since."""
        return self.folder is not None and not self.run

    def value(self, name: str) -> float:
        """A figure; NaN where it has none."""
        value = self.figures.get(name)
        return value if isinstance(value, int | float) and math.isfinite(value) else math.nan

    def by_fold(self, name: str) -> dict[int, float]:
        """fold -> the figure on it, where it is known; of what was cut off, what the search heard."""
        prefix = f"{name}_fold_"
        found = {int(key.removeprefix(prefix)): self.value(key) for key in self.figures if key.startswith(prefix)}
        return {fold: value for fold, value in sorted(found.items()) if math.isfinite(value)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """sweeps: letter -> the sweep; tries: key -> what the ledger knows of it; objectives: what is chosen by, foremost
    first; directions: 1 where more is better, -1 where less is."""

    sweeps: Mapping[str, Opened]
    entries: tuple[Entry, ...]
    tries: Mapping[str, Trial]
    objectives: tuple[str, ...]
    directions: tuple[int, ...]

    @property
    def finished(self) -> list[Entry]:
        """Those between which is chosen: finished, with a number for every objective."""
        ended = [entry for entry in self.entries if entry.state == FINISHED]
        return [entry for entry in ended if all(math.isfinite(entry.value(name)) for name in self.objectives)]

    @property
    def chosen(self) -> Entry | None:
        """The best by the first objective; the first of equals."""
        name, direction = self.objectives[0], self.directions[0]
        return max(self.finished, key=lambda entry: direction * entry.value(name), default=None)

    @property
    def apart(self) -> list[str]:
        """By what the scores are of different bars or targets; none where they can be compared."""
        alone = [entry.settings for entry in self.entries if not entry.sweep]
        found = dict.fromkeys(plain(key) for key in unlike(alone))
        spaces = {letter: [e.settings for e in self.entries if e.sweep == letter] for letter in self.sweeps}
        found |= dict.fromkeys(plain(key) for own in spaces.values() for key in unlike(own))
        for slot in SPANNING:
            if not any(key.split(".")[0] == slot for key in found):
                chosen = {entry.run.get("choices", {}).get(slot) for entry in self.entries} - {None}
                found |= {slot: None} if len(chosen) > 1 else {}
        bars = {entry.run.get("data", {}).get("fingerprint") for entry in self.entries} - {None}
        return list(found) or (["data"] if len(bars) > 1 else [])


def is_sweep(name: str) -> bool:
    return _sweep(name) is not None


def _sweep(name: str) -> Path | None:
    """The folder of a sweep: a path, or a name below outputs/sweeps, `outputs/sweeps/latest` being the newest."""
    if Path(name) in (HERE.sweeps / "latest", Path("sweeps") / "latest"):
        return max((path.parent for path in HERE.sweeps.glob(f"*/{ASKED}")), default=None)
    return next((place for place in (Path(name), HERE.sweeps / name) if (place / ASKED).is_file()), None)


def compared(names: Sequence[str], ledger: Ledger) -> Compared:
    """The trials of every sweep among the names, and every run. Raises ConfigError for what is neither.

    ledger: knows the figures of trials whose folders were removed.
    """
    folders = [(name, _sweep(name)) for name in dict.fromkeys(names)]
    opened = [_opened(folder) for _, folder in folders if folder is not None]
    sweeps = {_letter(place): each for place, each in enumerate(opened)}
    entries = [entry for letter, each in sweeps.items() for entry in _trials(each, letter, alone=len(folders) == 1)]
    for name, folder in folders:
        if folder is None:
            entries.append(_run(find_run(name, HERE.outputs)))
    if opened:
        objectives, directions = opened[0].objectives, opened[0].directions
    else:
        objectives, directions = _leading(entries)
    entries, tries = _remembered(entries, ledger)
    return Compared(sweeps=sweeps, entries=tuple(entries), tries=tries, objectives=objectives, directions=directions)


def _remembered(entries: Sequence[Entry], ledger: Ledger) -> tuple[list[Entry], dict[str, Trial]]:
    """With the keys, and of what is gone the figures, that the ledger knows; key -> its try."""
    unkeyed = frozenset(Path(entry.folder).name for entry in entries if entry.folder and entry.key is None)
    keys = ledger.keys_of(unkeyed) if unkeyed else {}
    found = [replace(each, key=each.key or keys.get(Path(each.folder or "").name)) for each in entries]
    known = frozenset(entry.key for entry in found if entry.key is not None)
    tries = {key: trial for trial in (ledger.tries(known) if known else ()) for key in trial.keys}

    def figures(entry: Entry) -> Mapping[str, float | None]:
        ended = entry.gone and entry.key in tries and entry.state in (FINISHED, BEYOND)
        metrics = tries[str(entry.key)].outcome.get("metrics", {}) if ended else {}
        return {**entry.figures, **metrics}

    return [replace(entry, figures=figures(entry)) for entry in found], tries


def _opened(folder: Path) -> Opened:
    """Raises ConfigError for a sweep by symbol, whose searches choose among trials of one market each."""
    if symbols := list(symbols_of(folder).values()):
        hint = f"name one of its searches, such as {HERE.sweeps / symbols[0]}"
        raise ConfigError(f"compare: {folder} is a sweep by symbol, a search each; {hint}")
    return parts_of(folder)[0]


def _letter(place: int) -> str:
    return ascii_uppercase[place] if place < len(ascii_uppercase) else f"S{place + 1}-"


def _trials(opened: Opened, letter: str, *, alone: bool) -> Iterator[Entry]:
    fixed = dict(_setting(text) for text in opened.space.fixed)
    for trial in opened.trials():
        run = _told(Path(trial.run)) if trial.run else {}
        heard = {f"{opened.objectives[0]}_fold_{fold}": score for fold, score in enumerate(trial.scores, start=1)}
        judged = dict(zip(opened.objectives, trial.objectives, strict=False))
        yield Entry(
            name=str(trial.number) if alone else f"{letter}{trial.number}",
            sweep=letter,
            state=BEYOND if trial.state == FINISHED and not trial.eligible else trial.state,
            settings=fixed | {plain(key): text for key, text in trial.values.items()},
            figures={**heard, **judged, **run.get("metrics", {})},
            scores=tuple(trial.scores),
            says=trial.says or beyond(opened, trial),
            seconds=trial.seconds or None,
            folder=trial.run,
            run=run,
            trial=trial,
            key=trial.key or _key(run),
        )


def _run(folder: Path) -> Entry:
    run = told(folder)
    config = folder / "config.yaml"
    settings = dict(_setting(text) for text in run["overrides"])
    if config.is_file():
        resolved = yaml.safe_load(config.read_text(encoding="utf-8"))
        settings = {**dict(run["choices"]), **{path: _text(value) for path, value in leaves(resolved, "")}}
    return Entry(
        name=run["run"],
        sweep="",
        state=run["state"],
        settings=settings,
        figures=run["metrics"],
        says="; ".join(run["broken"]),
        folder=str(folder),
        run=run,
        key=_key(run),
    )


def _key(run: Mapping[str, Any]) -> str | None:
    key = run.get("trial", {}).get("key")
    return None if key is None else str(key)


def _told(folder: Path) -> dict[str, Any]:
    try:
        return told(folder)
    except AssayError:
        return {}  # removed since, or cut off while it was made


def _setting(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return plain(key), value


def plain(key: str) -> str:
    """A parameter without the marks by which Hydra adds it."""
    return key.lstrip("+")


def _text(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _leading(entries: Sequence[Entry]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What runs of their own are judged by: the leading figure of the first one's target on the validation spans."""
    for entry in entries:
        for kind in ("level", "return", "direction"):
            scored = [name for name in all_metrics() if math.isfinite(entry.value(f"{SPAN}/{name}"))]
            if entry.run.get("target", {}).get("kind", kind) == kind and (found := leading(scored, kind)):
                return (f"{SPAN}/{found[0]}",), (all_metrics()[found[0]].better,)
    raise ConfigError(
        "compare: none of these runs has a figure on its validation spans; nothing can be set side by side"
    )
