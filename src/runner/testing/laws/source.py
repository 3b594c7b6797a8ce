"""Laws of sources: bars in order, the same every time, with the fields that were announced."""

import numpy as np

from components import structure
from components.contracts import Source
from components.errors import AssayError, DataError
from runner.testing.law import Untestable, law, needs, require


def _reachable(source: Source) -> None:
    """Raises Untestable where its data lie elsewhere: on a service, or in a file that the laws do not have."""
    if source.optional:
        needs(*source.packages())
        raise Untestable("reads from a service or a data base, which the laws do not have")
    try:
        source.fields()
    except DataError as error:
        raise Untestable(f"its data are not here: {error}") from None


@law
def facts(source: Source) -> None:
    """What it declares about itself is there without reading any data, and the same every time."""
    declared = source.facts()
    require(declared == source.facts(), "facts() answers twice differently")
    require(declared.identity.strip(), "its facts name no identity, by which the ledger knows families of data")
    require(declared.description.strip(), "its facts give no description")
    require(declared.survivorship in ("free", "biased", "unknown"), f"survivorship is '{declared.survivorship}'")
    require(declared.adjustment in ("raw", "split", "total"), f"adjustment is '{declared.adjustment}'")
    require(all(caution.strip() for caution in declared.cautions), "a caution says nothing")


@law
def fields(source: Source) -> None:
    """fields() announces what the bars have, and costs no reading of them."""
    _reachable(source)
    announced, loaded = source.fields(), source.load()
    require(set(announced) == set(loaded.fields), f"announces {sorted(announced)}, loads {sorted(loaded.fields)}")


@law
def ordered(source: Source) -> None:
    """A panel of bars in order, each once, checked; and `bars` are the same ones, for the quality policy to judge."""
    _reachable(source)
    panel, bars = source.load(), source.bars()
    require(panel.n_rows > 0, "it has no bars")
    require(list(panel.symbols) == sorted(set(panel.symbols)), "its symbols are not sorted, or stand twice")
    codes_R, times_R = panel.symbol_codes_R, panel.timestamps_R
    same_R = codes_R[1:] == codes_R[:-1]
    require((np.diff(times_R)[same_R] > np.timedelta64(0, "us")).all(), "a symbol's bars are not in order of time")
    try:
        judged = structure.strict(bars)
    except AssayError as error:
        require(False, f"what it loads as checked is not sound: {error}")
    require(judged.fingerprint == panel.fingerprint, "bars() and load() give different bars")


@law
def deterministic(source: Source) -> None:
    """The same bars every time: they are the root of every key."""
    _reachable(source)
    require(source.load().fingerprint == source.load().fingerprint, "it loads other bars the second time")


@law
def content(source: Source) -> None:
    """What it says of its content is the same as long as its bars are, and said without reading them."""
    _reachable(source)
    said = source.content()
    require(said is None or bool(said.strip()), "content() says an empty text; None where it cannot be known")
    require(said == source.content(), "content() says something else the second time: its bars would never be found")
