"""What a promotion found and decided, in sentences: for the terminal and the report alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.recording.run_folder import RunFolder


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
        times = len(vault["earlier"])
        alarms.append(
            f"VAULT REUSED: bars from {vault['first']} to {vault['last']} had been opened {times} "
            f"time{'' if times == 1 else 's'} before: what they show may have been chosen for, and gates on them "
            "are only advice."
        )
    else:
        notes.append(f"The vault was opened for this promotion and never before: {vault['first']} to {vault['last']}.")
    for gate in content.get("vault_gates", ()):
        line = f"{gate['name']}: {gate['says']}"
        (alarms if gate["status"] == "failed" else notes).append(line)
    return Sentences(alarms=tuple(alarms), notes=tuple(notes))


def overruled(override: Mapping[str, Any]) -> str:
    """One sentence that hides neither the gates nor the reason."""
    if not override["failed"]:
        return f"OVERRIDDEN: a {override['level']} run, made champion all the same. Reason given: {override['reason']}"
    return (
        f"OVERRIDDEN: {', '.join(override['failed'])} failed; promoted all the same. Reason given: {override['reason']}"
    )
