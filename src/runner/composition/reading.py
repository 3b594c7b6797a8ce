"""Settings of a reader on a command line: `data.decimal=,` and the like, as an experiment names them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from components.errors import ConfigError, Problem

TABLE = ("date_format", "clock_column", "time_zone", "decimal", "encoding", "delimiter", "header", "sheet")
"""What the verbs take that read any table, beside its columns."""


def settings_of(texts: Sequence[str], allowed: Mapping[str, Collection[str] | None]) -> dict[str, dict[str, Any]]:
    """slot -> key -> value of texts such as data.decimal=, .

    allowed: slot -> its keys, None: any. Raises ConfigError for what is no such setting.
    """
    found: dict[str, dict[str, Any]] = {slot: {} for slot in allowed}
    for text in texts:
        path, sign, value = text.partition("=")
        slot, _, key = path.partition(".")
        keys = allowed.get(slot, ())
        if not sign or not key or (keys is not None and key not in keys):
            known = ", ".join(f"{name}.{key}" for name, keys in allowed.items() for key in keys or ("KEY",))
            raise ConfigError(Problem(path, "no setting that can be given here", f"write SETTING=VALUE with {known}"))
        found[slot][key] = value_of(value)
    return found


def value_of(text: str) -> Any:
    """As YAML has it, or the text itself where that is none or nothing: a lone comma, %d/%m/%Y, a tab."""
    import yaml

    if text in ("\\t", "\t"):
        return "\t"
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return text if value is None and text.strip().lower() not in ("null", "~") else value
