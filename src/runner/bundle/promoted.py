"""What the model card says of a promotion: an override, the vault, and which model is deployed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from runner.composition.figures import figure


def overruled(promotion: Mapping[str, Any] | None) -> str:
    """A red paragraph before everything else; empty where no gate was overruled."""
    override = (promotion or {}).get("override")
    if not override:
        return ""
    failed = ", ".join(f"`{name}`" for name in override["failed"])
    return (
        f'<p style="color:#b00020"><strong>OVERRIDDEN: promoted although it did not pass.</strong></p>\n\n'
        f"> **{f'Failed:** {failed}' if failed else 'Level:** ' + override['level']}. "
        f"**Reason given:** {override['reason']}\n\n"
    )


def vault_section(promotion: Mapping[str, Any]) -> str:
    """What the vault showed and whether that still counts."""
    vault = promotion["vault"]
    if vault is None:
        return "There is none: nothing was held back, so no figure here is of bars that could not have been chosen for."
    figures = {name: figure(name) for name, value in vault["metrics"].items() if value is not None}
    lines = [
        f"- {found.words}: {vault['metrics'][name]:.4g} ({found.metric.unit})"
        for name, found in figures.items()
        if found and found.metric.brief and not found.baseline and found.span != "vault_benchmark"
    ]
    seen = (
        f"**These bars had been looked at before** ({_earlier(vault)}): "
        "a good figure may have been chosen for it, and its gates are only advice."
        if vault["reused"]
        else "It was opened once, for this promotion; nothing had looked at these bars before."
    )
    return (
        f"Bars from {vault['first']} to {vault['last']}, forecast by the same recipe fitted on everything before "
        f"{vault['first']} ({vault['n_train']} train rows, then {vault['n_valid']} for validation). {seen}\n\n"
        + "\n".join(lines)
    )


def defects(run: Sequence[Mapping[str, Any]] | None, everything: Sequence[Mapping[str, Any]] | None) -> str:
    """What the checks found in the bars of the run, and in all that the deployed model was fitted on, the vault among
    them; null: they were not checked."""
    told = {"before the vault": run, "that the deployed model was fitted on, all there are": everything}
    lines = []
    for which, findings in told.items():
        if findings is None:
            continue
        found = [
            f"{each['check']}: {each['count']} {each['action']}, for example {each['example']}" for each in findings
        ]
        lines.append(f"- Checks of the bars {which}: {'; '.join(found) or 'nothing was found'}.")
    return "\n".join(lines)


def _earlier(vault: Mapping[str, Any]) -> str:
    """By what: 1 earlier opening, 2 earlier trials."""
    counts = Counter(each["by"] for each in vault.get("seen", ()))
    if not counts:
        return "the ledger was not whole"
    return ", ".join(f"{count} earlier {by}{'' if count == 1 else 's'}" for by, count in sorted(counts.items()))


def model_section(promotion: Mapping[str, Any]) -> str:
    """Which model is in the bundle, and that nobody scored it."""
    deployed = promotion["deployed"]
    chosen = ", ".join(f"{name} = {value:g}" for name, value in deployed["chosen"].items())
    return (
        f"The model was fitted again on everything the source had: {deployed['n_train']} rows whose label was "
        f"known, from {deployed['first']} to {deployed['last']}. {deployed['rule']}"
        f"{f' So here: {chosen}.' if chosen else ''}\n\n"
        "**Its own weights were never scored out of sample**: no bars are left to score them on. What is "
        "certified is the recipe, by the models of the folds, and the converter: those models went through the "
        "very one that wrote this bundle."
    )
