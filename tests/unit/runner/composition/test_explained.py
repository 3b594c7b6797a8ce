"""`explain` knows every choice, class, slot, setting, entry of a preset, metric, operator and word."""

import random

import pytest
import yaml

from components.errors import ConfigError
from components.expressions import OPERATORS
from runner.composition.catalog import catalogue, slots
from runner.composition.explained import explained, names
from runner.composition.figures import metrics
from runner.composition.places import config_files
from runner.composition.schema import parameters
from runner.composition.words import WORDS

# The words of the product: whoever uses another one adds it here and there.
USED = (
    *("panel", "feature", "target", "fold", "vault", "model", "forecast", "ensemble", "portfolio", "gate", "trial"),
    *("family", "label_end", "run", "sweep", "study", "bundle", "output", "market", "seen", "look", "level", "actor"),
    *("scenario", "rejected", "candidate", "hallmarked", "ledger", "verdict", "backtest", "registry", "horizon"),
)
KNOWN = list(dict.fromkeys(names()))


def test_everything_that_is_discovered_has_a_name() -> None:
    known = set(KNOWN)
    choices = {f"{slot}/{choice}" for slot in slots() for choice in config_files(slot)}
    classes = {target.rpartition(".")[2] for target in catalogue()}
    settings = {name for target in catalogue() for name in parameters(catalogue()[target])}
    gates = {
        name for path in config_files("gates").values() for name in yaml.safe_load(path.read_text()).get("checks", {})
    }
    for found in (choices, classes, settings, gates, set(metrics()), set(OPERATORS), set(USED), set(slots())):
        assert len(found) > 10
        assert not found - known


def test_whatever_has_a_name_is_explained() -> None:
    """A text that says more than the name, of some of each kind."""
    rng = random.Random(7)
    assert len(KNOWN) > 900
    for name in (*rng.sample(KNOWN, 25), "vault", "split.vault_start", "beats_har", "expanding", "resources.threads"):
        for text in explained(name):
            assert len(text.splitlines()) > 2, name


def test_a_word_that_is_also_a_slot_is_explained_as_both() -> None:
    assert [text.splitlines()[0] for text in explained("target")][:2] == [
        "target",
        "target  (a slot of an experiment: target=CHOICE)",
    ]


def test_a_setting_is_explained_with_what_has_it() -> None:
    (text,) = explained("split.n_folds")
    assert text.startswith("split.n_folds  (a setting)\n\n")
    assert "  split.n_folds of walk_forward: an integer >= 1\n      test spans, one after the other" in text
    assert "calendar" not in text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Vault", "vault"), ("beats-har", "beats_har"), ("walk_foward", "walk_forward"), ("hallmark", "hallmarked"),
     ("n_fold", "n_folds"), ("garman_clas", "garman_klass"), ("Label End", "label_end")],
)  # fmt: skip
def test_near_misses_are_hinted(typed: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        explained(typed)
    assert str(caught.value) == (
        f"{typed}: neither a choice, a class, a slot, a setting, a metric, an operator, a gate or another entry of a "
        f"preset, or a word; did you mean '{meant}'?"
    )
    assert caught.value.problems[0].fix == (meant,)


def test_words_are_sentences() -> None:
    for word, says in WORDS.items():
        assert says[0].isupper(), word
        assert says.endswith("."), word
