"""Templates of pages. Making Python of them takes longer than filling them in, so that is kept between processes."""

from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from jinja2 import (  # noqa: TID253  # only who renders imports this module
    BaseLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateNotFound,
)

from runner.storage import kept

FOLDER = Path(__file__).parent
KIND = "templates"


class _Loader(BaseLoader):
    """The files of this folder, as the Python that was made of the same text before."""

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        try:
            text = (FOLDER / name).read_text(encoding="utf-8")
        except OSError:
            raise TemplateNotFound(name) from None
        code = compile(_python(environment, name, text), name, "exec")
        return environment.template_class.from_code(environment, code, environment.make_globals(globals))


def _python(environment: Environment, name: str, text: str) -> str:
    """What the template is as Python, as long as neither its text nor what is installed changes."""
    place = kept.digest([kept.environment(), str(sorted(environment.filters)), name, text])
    known = kept.load(KIND, place)
    if known is None:
        known = environment.compile(text, name, name, raw=True)
        kept.keep(KIND, place, known)
    return str(known)


def template(name: str, filters: dict[str, Callable[..., Any]]) -> Template:
    """The template of this name; undefined names are errors, and all texts are escaped."""
    environment = Environment(
        loader=_Loader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(filters)
    return environment.get_template(name)
