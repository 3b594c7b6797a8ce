"""The verdict of a run in plain words, from what the run wrote down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SURVIVORSHIP = {
    "biased": "The universe was picked with hindsight (survivorship bias): every figure here is better than "
    "what could have been earned, by an unknown amount.",
    "unknown": "Nobody has declared whether this universe includes the symbols that later disappeared; "
    "if it does not, every figure here is too good.",
}
ADJUSTMENT = {
    "raw": "Prices are raw: splits and dividends show as price moves.",
    "split": "Prices are adjusted for splits only: dividends are missing from every return.",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """word: Passed, Rejected or No verdict; headline: one sentence; reasons: what the decisive gates say."""

    word: str
    headline: str
    reasons: tuple[str, ...]


def verdict(manifest: Mapping[str, Any], gates: Mapping[str, Any]) -> Verdict:
    """What the required gates decided, and why."""
    if manifest["state"] != "finished":
        headline = f"The run did not finish (state: {manifest['state']}); nothing it wrote has been judged."
        return Verdict(word="No verdict", headline=headline, reasons=())
    required = [gate for gate in gates["gates"] if gate["required"]]
    applicable = [gate for gate in required if gate["status"] != "not_applicable"]
    failed = [gate for gate in applicable if gate["status"] == "failed"]
    if gates["passed"]:
        reasons = tuple(gate["says"] for gate in applicable)
        return Verdict(word="Passed", headline=_held(len(applicable)), reasons=reasons)
    names = ", ".join(gate["name"] for gate in failed)
    headline = f"{len(failed)} of {_gates(len(applicable))} failed: {names}."
    return Verdict(word="Rejected", headline=headline, reasons=tuple(gate["says"] for gate in failed))


def _gates(count: int) -> str:
    return f"{count} required gate{'' if count == 1 else 's'}"


def _held(count: int) -> str:
    if count == 0:
        return "No required gate applies to this run: nothing spoke against it, and nothing for it."
    return "The required gate holds." if count == 1 else f"All {_gates(count)} hold."


def trial_sentence(trial: Mapping[str, Any]) -> str:
    """Where this run stands among everything tried on its data."""
    if not trial.get("counted", True) or trial.get("number") is None:
        return "This run is not counted as a trial."
    tried = trial["family_trials"]
    if tried == 1:
        return "This is the first trial on this data."
    return (
        f"This is trial {trial['number']} of {tried} on this data: the best of {tried} tries looks better "
        "than it is."
    )


def cautions(manifest: Mapping[str, Any], gates: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader must know before trusting a figure: data, advisory gates, notices, uncommitted code."""
    data = manifest["data"]
    git = manifest.get("git") or {}
    dirty = "The code had uncommitted changes: this run cannot be rebuilt from its commit alone."
    advisory = [gate for gate in gates["gates"] if not gate["required"] and gate["status"] == "failed"]
    found = [
        SURVIVORSHIP.get(data["survivorship"], ""),
        ADJUSTMENT.get(data["adjustment"], ""),
        *(f"{gate['name']} (advisory, blocks nothing): {gate['says']}" for gate in advisory),
        *manifest.get("notices", ()),
        dirty if git.get("dirty") else "",
    ]
    return tuple(text for text in found if text)
