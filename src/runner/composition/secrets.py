"""No secret enters a configuration: it would be logged, cached, tracked and shown wherever the run is."""

import re
from collections.abc import Iterator
from typing import Any

from components.addresses import ADDRESS, NO_ADDRESS, flaws
from components.errors import Problem

DECLARED = "harmless"
VARIABLE = "_env"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
KEY = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9_]{16,}")
"""Small and capital letters and digits, as long as keys are: names of variables are of one case."""
REMEDY = (
    "secrets are named by environment variables (api_key_env, url_env) and read at use; list in harmless, where there "
    "is such a setting, what anybody may read"
)


def secret_problems(config: Any, path: str = "") -> Iterator[Problem]:
    """Every address of the configuration in which a secret may stand; what stands there is not repeated."""
    if isinstance(config, dict):
        listed = config.get(DECLARED)
        declared = [str(name) for name in listed] if isinstance(listed, list | tuple) else []
        for name, value in config.items():
            where = f"{path}.{name}".lstrip(".")
            if isinstance(value, str):
                yield from _of_text(value, declared, where)
                yield from _of_variable(str(name), value, where)
            else:
                yield from secret_problems(value, where)
    elif isinstance(config, list):
        for place, value in enumerate(config):
            where = f"{path}.{place}".lstrip(".")
            yield from _of_text(value, [], where) if isinstance(value, str) else secret_problems(value, where)


def _of_text(text: str, declared: list[str], where: str) -> Iterator[Problem]:
    if "://" not in text:
        return
    found = {flaw: None for address in ADDRESS.findall(text) for flaw in flaws(address, declared)}
    yield from (Problem(where, flaw, "" if flaw == NO_ADDRESS else REMEDY) for flaw in found)


def _of_variable(name: str, value: str, where: str) -> Iterator[Problem]:
    """Of a setting that names an environment variable: a secret is soon written there instead of its name."""
    if name.endswith(VARIABLE) and value != "???" and (not NAME.fullmatch(value) or KEY.fullmatch(value)):
        message = "names no environment variable, and may be the secret itself"
        yield Problem(where, message, "write the name of the variable, such as MARKET_DATA_KEY, and set that")


def hidden(text: Any) -> str:
    """A text as messages may repeat it: an address in which a secret may stand is left out."""
    return ADDRESS.sub(lambda found: "***" if any(flaws(found[0])) else found[0], str(text))
