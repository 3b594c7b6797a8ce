"""Laws of feature sets: named expressions that look back only."""

import re

from components.contracts import Features
from components.expressions import Node, fields_of, parse, reach
from components.expressions.engine import evaluate
from runner.testing.data import panel, same
from runner.testing.law import law, require

NAME = re.compile(r"[A-Za-z_]\w*")


def _nodes(features: Features) -> dict[str, Node]:
    return {name: parse(text, let=features.definitions_of(name)) for name, text in features.expanded().items()}


@law
def names(features: Features) -> None:
    """At least one feature, each with a name that can be a column; the same every time."""
    expanded = features.expanded()
    require(expanded, "it has no features")
    wrong = [name for name in expanded if not NAME.fullmatch(name)]
    require(not wrong, f"'{''.join(wrong[:1])}' is no name of a column: letters, digits and underscores")
    require(list(expanded.items()) == list(features.expanded().items()), "it expands otherwise the second time")
    require(all(features.where(name) for name in expanded), "where() does not say where a feature stands")


@law
def looks_back(features: Features) -> None:
    """No expression refers to a later bar: what is forecast must not be among what it is forecast from."""
    for name, node in _nodes(features).items():
        ahead = reach(node).lookahead_bars
        require(ahead == 0, f"the feature {name} looks {ahead} bar(s) ahead")


@law
def past_only(features: Features) -> None:
    """Computed on bars that end earlier, every value is the same: nothing leaks through a whole column's statistic."""
    nodes = _nodes(features)
    if any(reach(node).lookahead_bars for node in nodes.values()):
        return
    fields = {field for node in nodes.values() for field in fields_of(node)}
    whole = panel(also=tuple(sorted(fields)), bars=120)
    end = whole.dates_T[80]
    cut = whole.before(end)
    early_R = whole.timestamps_R < end
    found, earlier = evaluate(nodes, whole, threads=1), evaluate(nodes, cut, threads=1)
    for place, name in enumerate(nodes):
        require(same(found[place][early_R], earlier[place]), f"the feature {name} changes when later bars come")
