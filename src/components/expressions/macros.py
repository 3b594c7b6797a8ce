"""Named parts of expressions: definitions, with parameters or without."""

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass

from components.expressions.library import LIBRARY
from components.expressions.tree import ExpressionError

_HEAD = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\(([^()]*)\)\s*)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Macro:
    """A text that stands for `name`, or for `name(argument, ...)`; parameters is None for the former.

    origin: where it was defined, for messages.
    """

    name: str
    parameters: tuple[str, ...] | None
    text: str
    origin: str

    @property
    def signature(self) -> str:
        return self.name if self.parameters is None else f"{self.name}({', '.join(self.parameters)})"


def macros_of(definitions: Mapping[str, str], origin: str, where: str = "") -> dict[str, Macro]:
    """The macros by name, from texts by signature: "r" or "rsi(x, n)". Raises ExpressionError."""
    macros: dict[str, Macro] = {}
    for head, text in definitions.items():
        match = _HEAD.fullmatch(head)
        names = () if match is None or match[2] is None else tuple(name.strip() for name in match[2].split(","))
        if match is None or len(set(names)) < len(names) or not all(map(_is_name, (match[1], *names))):
            message = f"the definition '{head}' must be called name or name(x, n)"
            raise ExpressionError(where, message, "letters, digits and _; every parameter once")
        if match[1] in macros:
            raise ExpressionError(where, f"'{match[1]}' is defined twice", f"rename '{head}'")
        parameters = None if match[2] is None else names
        macros[match[1]] = Macro(name=match[1], parameters=parameters, text=text, origin=origin)
    return macros


def _is_name(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name)


SHARED = macros_of(LIBRARY, "library")
