"""The columns of the design matrix: the features and the latest known label.

Shape legend: F features, R panel rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from components.contracts import LAST_LABEL, Features, Target
from components.expressions import OPERATORS, Call, Field, Node, Number, parse, reach, shift, to_text
from components.panel import Panel
from components.values import Float32, Resources
from runner.compute.stage import Cache, Keyed, Parts, Stage
from runner.compute.target import parsed_target
from runner.storage.incremental import load_features


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureTable:
    """values_FR (F, R) float32: the features, then LAST_LABEL; NaN where a needed bar is missing."""

    names: tuple[str, ...]
    values_FR: Float32

    @property
    def features(self) -> tuple[str, ...]:
        """The names without LAST_LABEL."""
        return self.names[:-1]


def parsed_features(features: Features, *, where: str = "features") -> dict[str, Node]:
    """name -> tree of each feature; where: the place of the set in the configuration."""
    return {
        name: parse(text, let=features.definitions_of(name), where=f"{where}.{features.where(name)}")
        for name, text in features.expanded().items()
    }


def input_expressions(features: Features, target: Target, *, where: str = "features") -> dict[str, Node]:
    """name -> tree of every column of the design matrix: the features, then the latest known label of the target
    that is decided on."""
    label = next(iter(parsed_target(target).values()))
    return {**parsed_features(features, where=where), LAST_LABEL: _known(label, reach(label).lookahead_bars)}


def _known(node: Node, bars: int) -> Node:
    """The expression with every field read `bars` earlier.

    Unlike ref(node, bars) it is causal even around a cross-section: bars of one symbol may lie later
    than the same number of bars of another.
    """
    if isinstance(node, Field) or (isinstance(node, Call) and OPERATORS[node.operator].kind == "frame"):
        return shift(node, bars)
    if not isinstance(node, Call):
        return node
    if node.operator == "ref" and isinstance(node.args[1], Number):
        return _known(node.args[0], bars + int(node.args[1].value))
    return Call(node.operator, tuple(_known(argument, bars) for argument in node.args))


def feature_table(
    panel: Keyed[Panel],
    columns: Mapping[str, Node],
    *,
    source: str,
    resources: Resources,
    cache: Cache,
    part: str = "",
) -> Stage[FeatureTable]:
    """The stage of the feature table, of which only what is not in the store is computed; source: logical name of the
    data, whose tables share parts; part: the baseline whose columns they are."""
    return cache.parted(
        compute_features,
        inputs={"panel": panel},
        settings={"expressions": {name: to_text(node) for name, node in columns.items()}, "resources": resources},
        common={"source": source, "fields": sorted(panel.value.fields)},
        shown=f"features {part}".strip(),
        part=part,
    )


def compute_features(
    panel: Panel, *, expressions: Mapping[str, str], resources: Resources, parts: Parts
) -> tuple[FeatureTable, int]:
    """All columns, and how many values the store lacked."""
    nodes = {name: parse(text) for name, text in expressions.items()}
    values_FR, computed = load_features(nodes, panel, place=parts.place, store=parts.store, threads=resources.threads)
    return FeatureTable(names=tuple(expressions), values_FR=values_FR), computed
