"""What a promotion says on the terminal; what was overruled or seen before is in red."""

from runner.console import Console
from runner.promotion.promote import Promotion


def say(console: Console, promotion: Promotion) -> None:
    """The vault, what failed, and where the version is."""
    content = promotion.content
    if promotion.state != "already promoted":
        _vault(console, promotion)
    if override := content.get("override"):
        console.alarm(overruled(override["failed"], override["reason"]))
    if promotion.folder is None:
        says = {gate["name"]: gate["says"] for gate in content["gates"]}
        for name in content["failed"]:
            console.alarm(f"Not promoted: {name}: {says.get(name, 'nothing speaks for this model.')}")
        return
    pointing = f" as {', '.join(promotion.aliases)}" if promotion.aliases else ""
    console.path(f"{promotion.state}:", f"{promotion.folder}{pointing}")


def overruled(failed: list[str], reason: str) -> str:
    """One sentence that hides neither the gates nor the reason."""
    return f"OVERRIDDEN: {', '.join(failed)} failed; promoted all the same. Reason given: {reason}"


def _vault(console: Console, promotion: Promotion) -> None:
    vault = promotion.content["vault"]
    if vault is None:
        console.note("no vault was held back (split.vault_start): nothing was tested on bars that nothing has seen")
        return
    if vault["reused"]:
        console.alarm(
            f"VAULT REUSED: bars from {vault['first']} to {vault['last']} had been opened {len(vault['earlier'])} "
            "times before: what they show may have been chosen for, and their gates are only advice."
        )
    else:
        console.note(f"vault opened once, for this promotion: bars from {vault['first']} to {vault['last']}")
    for gate in promotion.content["gates"]:
        if "vault" in gate["says"].lower():
            mark = console.alarm if gate["status"] == "failed" else console.say
            mark(f"{gate['name']}: {gate['says']}")
