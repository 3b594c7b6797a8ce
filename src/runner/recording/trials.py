"""Trials as the ledger knows them, and which of them are one try."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from components.values import Float, Time
from runner.recording.chain import Event, Transaction
from runner.recording.declared import Families
from runner.recording.family import Family
from runner.recording.markets.recognise import Recognised
from runner.storage.formats import ARRAYS

Outcome = Literal["finished", "failed", "interrupted", "pruned"]

NOTES = ("actor", "processor_seconds")
"""What an event says of how it came about, not of what it is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Values at times, in order of time: (T,) each."""

    stamps_T: Time
    values_T: Float

    def before(self, until: np.datetime64) -> "Series":
        early_T = self.stamps_T < until
        return Series(stamps_T=self.stamps_T[early_T], values_T=self.values_T[early_T])

    def to_bytes(self) -> bytes:
        """The same series, the same bytes."""
        arrays = {"stamps": self.stamps_T.astype("datetime64[us]"), "values": self.values_T.astype(np.float64)}
        return zlib.compress(ARRAYS.encode(arrays)["arrays.npz"], level=1)

    @staticmethod
    def from_bytes(data: bytes) -> "Series":
        arrays = ARRAYS.decode({"arrays.npz": zlib.decompress(data)})
        return Series(stamps_T=arrays["stamps"], values_T=arrays["values"])


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What makes two trials one choice: key of all that was chosen, data and our own code left out; when the bars
    begin; and, for what the market does not tell, a digest of the bars until a time.

    digest: until (ISO) -> digest of the other fields of the bars up to then, None where there are no later ones.
    """

    key: str
    first: str
    last: str
    digest: Callable[[str], str | None]

    def content(self) -> dict[str, Any]:
        return {"recipe": self.key, "bars": {"first": self.first, "last": self.last, "digest": self.digest(self.last)}}

    def repeats(self, trial: Mapping[str, Any]) -> bool:
        """Whether an earlier trial, by the body of its start, tried the same on the same bars or fewer."""
        bars = trial.get("bars")
        if trial.get("recipe") != self.key or not bars or bars["first"] != self.first or bars["last"] > self.last:
            return False
        return bool(bars["digest"] == self.digest(bars["last"]))


@dataclass(frozen=True, kw_only=True)
class TrialNumber:
    """number: 1 for the first try of its family; family_trials: how many there are now; head: witness; repeats: key of
    the trial that this one is a repetition of, None where it is a try of its own; recognised: of its symbols."""

    number: int
    family_trials: int
    head: str
    repeats: str | None
    recognised: Recognised


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What the ledger knows of one try; key: of its first trial, keys: of all that repeated it; started: body of its
    first start; outcome: of its last end; actor: who made it first, empty where nobody said."""

    key: str
    keys: tuple[str, ...]
    number: int
    state: Literal["running", "finished", "failed", "interrupted", "pruned"]
    started_at: str
    started: Mapping[str, Any]
    outcome: Mapping[str, Any]
    actor: Mapping[str, Any]


def without_notes(content: Mapping[str, Any]) -> dict[str, Any]:
    """What an event is, without how it came about."""
    return {name: value for name, value in content.items() if name not in NOTES}


def tries_of(starts: Iterable[Event]) -> dict[str, str]:
    """Key of a trial -> key of the first trial of its try, in the order of their first starts."""
    tries: dict[str, str] = {}
    for event in starts:
        tries.setdefault(event.key, str(event.content.get("try", event.key)))
    return tries


def repeated(events: Iterable[Event], families: Families, family: Family, recipe: Recipe | None) -> str | None:
    """Key of the try whose recipe this is, on the same market under the same names: a file of another name may be
    another choice of bars."""
    if recipe is None:
        return None
    links = {link.family: link for link in families.links(family)[0]}
    for event in events:
        link = links.get(event.family)
        whole = event.family == family.id or (
            link is not None and link.how != "market" and not link.renamed and link.matched == link.own == link.other
        )
        if whole and recipe.repeats(event.content["trial"]):
            return str(event.content.get("try", event.key))
    return None


def tried_in(transaction: Transaction, members: Set[str]) -> list[Trial]:
    """The tries of these families, in the order of their first starts."""
    events = [event for event in transaction.events() if event.family in members and event.kind.startswith("trial_")]
    tries = tries_of(event for event in events if event.kind == "trial_started")
    of_try: dict[str, list[Event]] = {}
    for event in events:
        of_try.setdefault(tries[event.key], []).append(event)
    return [_trial(key, of_one) for key, of_one in of_try.items()]


def _trial(key: str, events: list[Event]) -> Trial:
    ends = [event for event in events if event.kind != "trial_started"]
    finished = [event for event in ends if event.kind == "trial_finished"]
    last = finished[-1] if finished else events[-1]
    state = last.kind.removeprefix("trial_")
    first = events[0].content
    return Trial(
        key=key,
        keys=tuple(dict.fromkeys(event.key for event in events)),
        number=first["number"],
        state="running" if state == "started" else state,  # type: ignore[arg-type]
        started_at=events[0].time,
        started=first["trial"],
        outcome={} if state == "started" else without_notes(last.content),
        actor=first.get("actor", {}),
    )
