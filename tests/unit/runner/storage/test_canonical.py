"""Canonical JSON and stage keys."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import ContractError
from runner.storage.canonical import canonical_json, content_hash, finite_or_null

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
plain = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))


@given(plain)
def test_canonical_json_reads_back_as_the_same_value_with_the_same_types(value):
    again = json.loads(canonical_json(value))
    assert again == value
    assert repr(again) == repr(value) or isinstance(value, dict | list)


@given(st.dictionaries(st.text(), scalars, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(mapping, random):
    names = list(mapping)
    random.shuffle(names)
    assert canonical_json({name: mapping[name] for name in names}) == canonical_json(mapping)


def test_tuples_are_lists_and_texts_survive_beyond_ascii():
    assert canonical_json({"b": (1, 2.5), "a": "é\ud800"}) == '{"a":"\\u00e9\\ud800","b":[1,2.5]}'


@pytest.mark.parametrize(
    ("first", "second"),
    [(1, 1.0), (1, True), (0.0, -0.0), (None, "null"), ([1, [2]], [[1], 2]), ("1", 1), ({"a": None}, {})],
)
def test_different_values_have_different_keys(first, second):
    assert content_hash(first) != content_hash(second)


def test_the_hash_is_the_sha256_of_the_canonical_text():
    assert content_hash({"b": 1, "a": [None]}) == hashlib.sha256(b'{"a":[null],"b":1}').hexdigest()


@pytest.mark.parametrize(
    ("value", "where", "shown"),
    [
        ({"model": {"rate": float("nan")}}, "model.rate", "nan"),
        ({"model": [1, float("inf")]}, "model[1]", "inf"),
        ({"a": {1: 2}}, "a", "{1: 2}"),
        ({"a": {1, 2}}, "a", "{1, 2}"),
        (b"x", "value", "b'x'"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_place(value, where, shown):
    with pytest.raises(ContractError) as raised:
        canonical_json(value)
    assert str(raised.value) == (
        f"{where}: {shown} cannot be part of a key; allowed are null, booleans, finite numbers, texts, "
        "lists and mappings with text keys"
    )


def test_numbers_that_are_not_finite_become_null_everywhere():
    value = {"a": [np.float64("nan"), np.int32(3), True, "x"], "b": ({"c": float("-inf")}, np.float32(0.5))}
    assert finite_or_null(value) == {"a": [None, 3, True, "x"], "b": [{"c": None}, 0.5]}
    assert json.dumps(finite_or_null(value)) == '{"a": [null, 3, true, "x"], "b": [{"c": null}, 0.5]}'
