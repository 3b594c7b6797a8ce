"""What was known before of the market of a run, and what was seen of its vault, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

BY = {"trial": "trial", "look": "look", "opening": "opening"}


def market_words(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader must know of how the tries were counted; nothing of a run that is no trial."""
    trial = manifest.get("trial") or {}
    said = list(_recognised(trial["recognised"])) if trial.get("recognised") else []
    if trial.get("repeats"):
        said.append(
            "It repeats what was tried before: the same choices on the same market count once, as they are now."
        )
    if seen := manifest.get("vault_seen"):
        said.append(
            f"Bars of its vault have been seen before, by {seen_by(seen)}: what they show may have been chosen for, "
            "and gates on them will only be advice."
        )
    if kept := manifest.get("vault_kept"):
        said.append(f"Its vault is {kept}.")
    actor = manifest.get("actor") or {}
    if actor.get("kind") == "agent" and "knowledge_until" not in actor:
        said.append(
            f"The agent {actor['name']} did not say until when it knows the markets (ASSAY_KNOWLEDGE_UNTIL): bars "
            "before then are seen."
        )
    return tuple(said)


def seen_by(seen: Sequence[Mapping[str, Any]]) -> str:
    """2 trials, 1 look and 1 opening; and the agents that know the time."""
    counts = {by: sum(each["by"] == by for each in seen) for by in BY}
    parts = [f"{counts[by]:,} {word}{'' if counts[by] == 1 else 's'}" for by, word in BY.items() if counts[by]]
    until: dict[str, str] = {}
    for each in seen:
        if each["by"] == "knowledge":
            until[each["actor"]] = max(each["last"], until.get(each["actor"], ""))
    parts += [f"{actor}, which knows the markets until {day}" for actor, day in sorted(until.items())]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _recognised(found: Mapping[str, Any]) -> list[str]:
    said = []
    total = found["symbols"]
    if found["renamed"]:
        another = f", {found['markets']:,} of them as another series of one market" if found["markets"] else ""
        said.append(
            f"{found['renamed']:,} of {_symbols(total)} {_were(found['renamed'])} tried before under another name"
            f"{another}: recognised by how they moved. Beyond chance, the least agreement of signs is "
            f"{found['sign']:.1%}, of larger moves {found['firm']:.1%}."
        )
    if found["by_name"] and found["short"]:
        said.append(
            f"{found['by_name']:,} of {_symbols(total)} {_are(found['by_name'])} taken for what was tried before by "
            "name and days alone."
        )
    if found["short"]:
        said.append(
            f"{found['short']:,} of {_symbols(total)} {_are(found['short'])} too short to recognise by how they moved "
            "(100 daily or 60 weekly moves): under another name they would count as new."
        )
    return said


def _symbols(count: int) -> str:
    return f"{count:,} symbol{'' if count == 1 else 's'}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
