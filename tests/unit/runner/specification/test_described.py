"""A description is what configures the same component again."""

from components.data.joined import Joined
from runner.composition.build import build
from runner.composition.schema import kind_of
from runner.specification.described import described


def test_only_components_name_their_class_so_that_a_description_builds_the_same() -> None:
    target = {"_target_": "components.data.joined.Joined"}
    joined = build(kind_of(Joined), {**target, **Joined.examples()[0]}, path="data")
    description = described(joined)
    assert description["_target_"] == target["_target_"]
    assert "_target_" not in description["references"]["nasdaq"]
    assert build(kind_of(Joined), description, path="data") == joined
