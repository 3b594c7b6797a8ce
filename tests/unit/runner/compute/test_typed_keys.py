"""Nobody types a key: what keys are made of is put together in one file."""

import ast
from pathlib import Path

SOURCES = Path(__file__).parents[4] / "src"
MAKERS = frozenset({"content_hash", "code_of", "code_digest", "canonical_json"})
HOME = "runner/compute/keys.py"
OTHERWISE = {
    "runner/compute/stage.py": "hashes what keys.py puts together, and tells `store why` what code was",
    "runner/storage/canonical.py": "defines them",
    "runner/storage/remembered_code.py": "remembers code_of between processes",
    "runner/compute/prepared.py": "folds that are given are named by the hash of their rows and spans",
    "runner/storage/code.py": "defines code_of",
    "runner/recording/chain.py": "an event of the ledger is chained by the hash of its content",
    "runner/recording/family.py": "a family of trials is named by the hash of its content",
    "runner/judging/recipe.py": "one choice is told from another by settings and foreign code, whatever the bars are",
    "runner/storage/parts.py": "a part of a table is named by the bars and the expression that it holds",
    "runner/storage/incremental.py": "a column of a part is named by its expression",
    "runner/recording/ledger.py": "a look back is noted once for the same tries",
    "runner/judging/tries.py": "the state of a family of trials is the hash of what the ledger says of it",
}
STORE = frozenset({"get", "read", "compute", "drop"})
STORING = {
    "runner/compute/stage.py": "the one place",
    "runner/storage/incremental.py": "parts of tables, under the place that a stage gives them",
    "runner/storage/store.py": "defines them",
}


def uses(file: Path) -> set[str]:
    """Names of key makers that a module mentions, docstrings aside."""
    tree = ast.parse(file.read_bytes())
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return names & MAKERS


def stores(file: Path) -> bool:
    """Whether a module calls the store by key: `store.get(...)` and the like."""
    calls = [node.func for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.Call)]
    return any(
        isinstance(call, ast.Attribute) and call.attr in STORE and ast.unparse(call.value).rpartition(".")[2] == "store"
        for call in calls
    )


def places(which) -> set[str]:
    return {str(file.relative_to(SOURCES)) for file in sorted(SOURCES.rglob("*.py")) if which(file)}


def test_keys_are_made_in_one_place_and_every_other_use_has_its_reason():
    assert places(uses) == {HOME, *OTHERWISE}


def test_results_are_stored_by_stages_alone():
    assert places(stores) <= set(STORING)
    assert "runner/compute/stage.py" in places(stores)
