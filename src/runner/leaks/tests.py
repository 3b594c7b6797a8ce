"""What the battery consists of, in words."""

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LeakTest:
    """name; says: what it does; in_every_run: whether it is cheap."""

    name: str
    says: str
    in_every_run: bool


def _test(name: str, says: str, *, in_every_run: bool) -> LeakTest:
    return LeakTest(name=name, says=says, in_every_run=in_every_run)


TESTS = (
    _test(
        "static",
        "forward references; labels that end after the next span begins; rows in two spans; orders filled before "
        "their lag; moves that begin before they can be traded; references joined without a lag",
        in_every_run=True,
    ),
    _test(
        "cut",
        "every stage without what lies after a time: features, labels, preprocessor, model, weights, equity",
        in_every_run=True,
    ),
    _test(
        "poison",
        "every stage, calibration included, with other bars, features, outcomes, forecasts and weights after a time",
        in_every_run=True,
    ),
    _test(
        "replay",
        "what a fold wrote down forecasts what was recorded, and its preprocessor is what its train rows teach",
        in_every_run=True,
    ),
    _test(
        "rescale",
        "one symbol's prices times 4, its volumes by 4, over all of history: features that carry the level are "
        "named; a leak where forecasts follow prices that are adjusted for later splits or dividends",
        in_every_run=True,
    ),
    _test(
        "inputs",
        "fields of the data that know what later bars bring: the tests of tables; in a run of some symbols, in "
        "leaktest and where a gate asks for every row of all of them, and of features against the label, too",
        in_every_run=True,
    ),
    _test(
        "source",
        "the source on data that end earlier; only where it reads one CSV or Parquet file or is made of other sources",
        in_every_run=False,
    ),
    _test("quality", "the quality policy on bars that end earlier", in_every_run=False),
    _test("warm-up", "features on a history that begins later", in_every_run=False),
    _test("refit", "the first fold fitted again after all others", in_every_run=False),
    _test(
        "shuffled",
        "the pipeline retrained on permuted labels: finds fits that have seen other rows, and nothing else",
        in_every_run=False,
    ),
)
"""In the order in which they are made."""

LIMITS = """\
What no test can show, and you must ask the data's maker:
  publication lag      a figure filed under the day it describes; declare the lag where it is joined
  revisions            values that were corrected later; only one vintage is in the data
  survivorship         symbols that failed were never included, or membership is as of today
  scaling              a column of a file that was standardised, ranked or decomposed over all of its history
  sources that fetch   a service or data base that answers with hindsight: it cannot be given less data
  side channels        a component that reads a file of its own, whatever it is given
  weak leaks           future information that explains little, below what honest data can reach
"""
TABLE_LIMITS = """\
What no test can show, and you must ask the data's maker:
  publication lag      a figure filed under the day it describes, not the day it was published
  revisions            values that were corrected later; only one vintage is in the file
  survivorship         symbols that failed were never included, or membership is as of today
  adjustment           price levels divided by splits and dividends that came later, or by the last price
  scaling              means, ranks, clusters or principal components fitted on the whole history without the label
  weak leaks           future information within what honest columns reach: r below .10 with the next move, .10 with
                       one further off, .13 with the next week, .17 with the next month
  codes                a column that is the label in a cipher, unless its steps follow the label's order
  left-out encodings   a row's own label taken out of its group's mean, where the group is in no column
A bar's open is known before the rest of its row: with --target open, its own close knows more.
"""


def tests_in_words() -> str:
    """The battery, one test after the other."""
    lines = ["Tests of an experiment, in this order (those marked * also in every run):"]
    for test in TESTS:
        mark = "*" if test.in_every_run else " "
        lines += textwrap.wrap(
            f"{mark} {test.name:<10}{test.says}", width=100, initial_indent="  ", subsequent_indent=" " * 14
        )
    return "\n".join(lines) + "\n"
