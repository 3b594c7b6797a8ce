"""Laws of quality policies: clean bars stay, and nothing is mended by what comes later."""

from dataclasses import replace

import numpy as np

from components.bars import Bars
from components.contracts import Quality
from components.errors import DataError
from components.panel import Panel
from components.values import Finding
from runner.testing.data import bars, same, snapshot
from runner.testing.law import law, require


def _inspected(quality: Quality, given: Bars) -> tuple[Panel, tuple[Finding, ...]] | None:
    """None where it stops, which it does with a remedy."""
    try:
        return quality.inspect(given)
    except DataError as error:
        require("; " in str(error), f"its refusal says no remedy: {error}")
        return None


def _defective() -> Bars:
    """With a wild price, one of zero, a missing one and one above its range."""
    clean = bars(length=200)
    close_R, high_R = clean.fields["close"].copy(), clean.fields["high"].copy()
    close_R[50], close_R[90], high_R[130] = close_R[50] * 30, np.nan, high_R[130] / 3
    low_R = clean.fields["low"].copy()
    low_R[250] = -1.0
    return clean.with_fields({"close": close_R, "high": high_R, "low": low_R})


@law
def clean_stays(quality: Quality) -> None:
    """Sound bars pass as they are, whatever is noted about them."""
    given = bars()
    found = _inspected(quality, given)
    require(found is not None, "it refuses sound bars")
    assert found is not None
    require(found[0].fingerprint == given.to_panel().fingerprint, "it changes sound bars")
    require(not [each for each in found[1] if each.action != "kept"], "it says that it mended sound bars")


@law
def pure(quality: Quality) -> None:
    """It changes none of the bars that it is given, and finds the same again."""
    given = _defective()
    before = snapshot(given)
    one, other = _inspected(quality, given), _inspected(quality, given)
    require(before == snapshot(given), "it changes the bars that it is given")
    if one is not None and other is not None:
        require(
            one[0].fingerprint == other[0].fingerprint and one[1] == other[1], "it finds something else the second time"
        )


@law
def no_hindsight(quality: Quality) -> None:
    """What is dropped or repaired never depends on a later bar: a backtest would trade on what only hindsight knew."""
    given = _defective()
    end = given.timestamps_R[150]
    whole, part = _inspected(quality, given), _inspected(quality, given.before(end))
    if whole is None or part is None:
        return
    early = whole[0].before(end)
    require(same(early.timestamps_R, part[0].timestamps_R), "whether a bar is dropped depends on later bars")
    for name, values_R in early.fields.items():
        require(same(values_R, part[0].fields[name]), f"how {name} is repaired depends on later bars")


@law
def findings(quality: Quality) -> None:
    """What it finds is counted, with an example, and it is sound what is left."""
    found = _inspected(quality, replace(_defective()))
    for each in found[1] if found else ():
        require(each.count > 0 and each.example, f"the finding of {each.check} has no count or no example")
        require(each.action in ("dropped", "repaired", "kept"), f"the action '{each.action}' is unknown")
