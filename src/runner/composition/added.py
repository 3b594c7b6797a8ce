"""What an experiment lists beside the entries of a choice: maps are laid over one another, and nobody sees it there."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.composition.places import config_files

MAPS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "features": (("expressions",), "expressions"),
    "gates": (("checks",), "own"),
    "baselines": ((), "none"),
}
"""slot -> where its entries are, and the choice that has none."""


def added_notices(raw: Mapping[str, Any], choices: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each slot in which the chosen files add entries to those of its choice."""
    for slot, (keys, empty) in MAPS.items():
        known = _entries(_file(slot, choices.get(slot)), keys)
        further = [name for name in _entries(raw.get(slot), keys) if name not in known]
        if known and further:
            named = ", ".join(map(str, further[:3])) + (f" and {len(further) - 3} more" if len(further) > 3 else "")
            yield (
                f"{slot}: the {len(known)} of the choice '{choices[slot]}' are computed beside {named}; "
                f"with {slot}={empty} what is listed is all"
            )


def _file(slot: str, choice: str | None) -> Any:
    import yaml

    path = config_files(slot).get(choice or "")
    # libyaml's loader is safe as well, and faster.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return None if path is None else yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506


def _entries(section: Any, keys: tuple[str, ...]) -> Mapping[Any, Any]:
    for key in keys:
        section = section.get(key) if isinstance(section, Mapping) else None
    return section if isinstance(section, Mapping) else {}
