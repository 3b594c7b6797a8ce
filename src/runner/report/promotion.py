"""What a promotion found and decided, in sentences: for the terminal and the report alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """alarms: what nobody may overlook, shown in red; notes: the rest."""

    alarms: tuple[str, ...]
    notes: tuple[str, ...]


def sentences(content: Mapping[str, Any]) -> Sentences:
    """content: of promotion.json."""
    alarms: list[str] = []
    notes: list[str] = []
    override, vault = content.get("override"), content.get("vault")
    if override:
        alarms.append(overruled(override))
    if vault is None:
        notes.append("No vault was held back: nothing was tested on bars that nothing had seen.")
    elif vault["reused"]:
        alarms.append(
            f"VAULT REUSED: bars from {vault['first']} to {vault['last']} {seen_in_words(vault)}: what they show may "
            "have been chosen for, and gates on them are only advice."
        )
    else:
        notes.append(f"The vault was opened for this promotion and never before: {vault['first']} to {vault['last']}.")
    for gate in content.get("vault_gates", ()):
        line = f"{gate['name']}: {gate['says']}"
        (alarms if gate["status"] == "failed" else notes).append(line)
    return Sentences(alarms=tuple(alarms), notes=tuple(notes))


def seen_in_words(vault: Mapping[str, Any]) -> str:
    """By what the bars of a vault had been seen: had been opened 1 time before."""
    seen = vault.get("seen") or [{"by": "opening"} for _ in vault["earlier"]]
    counts = {by: sum(each["by"] == by for each in seen) for by in ("trial", "look", "opening", "knowledge")}
    if not vault.get("whole_record", True):
        return "count as seen, since the ledger is not whole"
    if counts["opening"] == len(seen):
        times = counts["opening"]
        return f"had been opened {times} time{'' if times == 1 else 's'} before"
    words = {"trial": "trial", "look": "look", "opening": "opening"}
    parts = [f"{counts[by]:,} {word}{'' if counts[by] == 1 else 's'}" for by, word in words.items() if counts[by]]
    knowing = sorted({each["actor"] for each in seen if each["by"] == "knowledge"})
    parts += [f"{actor}, which knows the markets until {_until(seen, actor)}" for actor in knowing]
    return f"had been seen before, by {', '.join(parts[:-1]) + ' and ' if len(parts) > 1 else ''}{parts[-1]}"


def _until(seen: Sequence[Mapping[str, Any]], actor: str) -> str:
    return max(each["last"] for each in seen if each["by"] == "knowledge" and each["actor"] == actor)


def overruled(override: Mapping[str, Any]) -> str:
    """One sentence that hides neither the gates nor the reason."""
    return (
        f"OVERRIDDEN: {', '.join(override['failed'])} failed; promoted all the same. Reason given: {override['reason']}"
    )
