"""What a promotion says on the terminal; what was overruled or seen before is in red."""

from runner.console import Console
from runner.promotion.promote import Promotion
from runner.report.promotion import overruled, sentences

NO_BUNDLE = (
    "forecasts made elsewhere cannot be fitted again. What the vault says of them stands in the run and in the ledger, "
    "and the run is a candidate."
)


def say(console: Console, promotion: Promotion) -> None:
    """The vault, what failed, and where the version is."""
    content = promotion.content
    if promotion.state == "already promoted":
        if override := content.get("override"):
            console.alarm(overruled(override))
    else:
        said = sentences(content)
        for line in said.notes:
            console.note(line)
        for line in said.alarms:
            console.alarm(line)
    if promotion.state == "judged":
        console.note(f"No bundle: {NO_BUNDLE}")
        return
    if promotion.folder is None:
        console.alarm(f"Not promoted: rejected by {', '.join(content['failed'])}.")
        return
    level = content.get("level")
    named = f", {level}" if level and level not in promotion.aliases else ""
    weights = content.get("verdict", {}).get("weights", True)
    if not weights:
        console.note("The bundle hands out forecasts and no weights: its portfolio failed, or there is none.")
    if rival := content.get("verdict", {}).get("offers"):
        console.note(offer(rival))
    pointing = f" as {', '.join(promotion.aliases)}" if promotion.aliases else ""
    console.path(f"{promotion.state}:", f"{promotion.folder}{pointing}{named}")


def offer(rival: str, run: str = "RUN") -> str:
    """What else could be promoted."""
    return f"No better than {rival}, which is simpler; its bundle: python -m runner promote {run} --baseline {rival}"
