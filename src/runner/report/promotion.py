"""What a promotion found and decided, in sentences: for the terminal and the report alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.recording.run_folder import RunFolder
from runner.report.markets import seen_by


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """alarms: what nobody may overlook, shown in red; notes: the rest."""

    alarms: tuple[str, ...]
    notes: tuple[str, ...]


def judged(run: RunFolder) -> Mapping[str, Any]:
    """The run's verdict: that of its promotion, which has opened the vault, where there was one."""
    return (run.promotion or {}).get("verdict") or run.gates


def sentences(content: Mapping[str, Any]) -> Sentences:
    """content: of promotion.json."""
    alarms: list[str] = []
    notes: list[str] = []
    override, vault = content.get("override"), content.get("vault")
    if override:
        alarms.append(overruled(override))
    if content.get("unopened"):
        notes.append("The vault stays closed: it is opened for nothing that leaks.")
    elif vault is None:
        notes.append("No vault was held back: nothing was tested on bars that nothing had seen.")
    elif vault["reused"]:
        alarms.append(
            f"VAULT REUSED: bars from {vault['first']} to {vault['last']} {seen_in_words(vault)}: what they show may "
            "have been chosen for, and gates on them are only advice."
        )
    else:
        notes.append(f"The vault was opened for this promotion and never before: {vault['first']} to {vault['last']}.")
    if vault and "kept" in vault:
        notes.append(f"The vault was {vault['kept']}.")
    if found := content.get("quality"):
        told = ", ".join(f"{finding['check']} ({finding['count']} {finding['action']})" for finding in found)
        notes.append(f"The checks of all bars, those of the vault too, found: {told}.")
    for gate in content.get("vault_gates", ()):
        line = f"{gate['name']}: {gate['says']}"
        (alarms if gate["status"] == "failed" else notes).append(line)
    return Sentences(alarms=tuple(alarms), notes=tuple(notes))


def seen_in_words(vault: Mapping[str, Any]) -> str:
    """By what the bars of a vault had been seen: had been opened 1 time before."""
    seen = vault.get("seen") or [{"by": "opening"} for _ in vault["earlier"]]
    if not vault.get("whole_record", True):
        return "count as seen, since the ledger is not whole"
    if all(each["by"] == "opening" for each in seen):
        times = len(seen)
        return f"had been opened {times} time{'' if times == 1 else 's'} before"
    return f"had been seen before, by {seen_by(seen)}"


def overruled(override: Mapping[str, Any]) -> str:
    """One sentence that hides neither the gates nor the reason."""
    if not override["failed"]:
        return f"OVERRIDDEN: a {override['level']} run, made champion all the same. Reason given: {override['reason']}"
    return (
        f"OVERRIDDEN: {', '.join(override['failed'])} failed; promoted all the same. Reason given: {override['reason']}"
    )
