"""Values as data files: round trips, equal bytes for equal values, refusals."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from components.errors import ContractError
from runner.storage.formats import ARRAYS, FILES, FRAME, JSON, parquet_bytes

dtypes = st.sampled_from(["f8", "f4", "i8", "i4", "u1", "?", "M8[us]", "m8[s]", "U5"])
arrays = dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)))


@settings(max_examples=60)
@given(st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda name: "\0" not in name), arrays, max_size=3))
def test_arrays_come_back_bit_equal_and_the_same_value_gives_the_same_bytes(value):
    try:
        files = ARRAYS.encode(value)
    except UnicodeEncodeError:
        return
    again = ARRAYS.decode(files)
    assert again.keys() == value.keys()
    for name, array in value.items():
        assert again[name].dtype == array.dtype
        assert again[name].shape == array.shape
        assert again[name].tobytes() == array.tobytes()
        assert again[name].flags.writeable
    assert ARRAYS.encode(dict(reversed(value.items()))) == files


def test_arrays_are_a_plain_npz_without_times():
    data = ARRAYS.encode({"b": np.arange(3), "a": np.zeros((2, 0))})["arrays.npz"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert [member.filename for member in archive.infolist()] == ["a.npy", "b.npy"]
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with np.load(io.BytesIO(data)) as archive:
        assert archive["b"].tolist() == [0, 1, 2]


def test_an_array_of_objects_is_refused():
    with pytest.raises(ContractError) as raised:
        ARRAYS.encode({"names": np.array(["a", None], dtype=object)})
    assert str(raised.value) == "names: an array of objects cannot be stored; use numbers, times or texts"


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "symbol": np.array(["A", "B", "é"], dtype=object),
            "timestamp": np.array(["2020-01-01", "2020-01-02", "NaT"], dtype="M8[us]"),
            "value": [0.1, np.nan, -0.0],
            "small": np.array([1.5, np.nan, np.inf], dtype=np.float32),
            "fold": np.array([1, 2, 3], dtype=np.int32),
            "scored": [True, False, True],
        }
    )


def test_a_table_comes_back_with_its_types():
    again = FRAME.decode(FRAME.encode(frame()))
    assert again.dtypes.astype(str).to_dict() == {
        "symbol": "str",
        "timestamp": "datetime64[us]",
        "value": "float64",
        "small": "float32",
        "fold": "int32",
        "scored": "bool",
    }
    pd.testing.assert_frame_equal(again, frame().astype({"symbol": "str"}))
    assert np.signbit(again["value"][2])
    pd.testing.assert_frame_equal(FRAME.decode(FRAME.encode(again)), again)


def test_an_empty_table_keeps_its_columns_and_types():
    again = FRAME.decode(FRAME.encode(frame().iloc[:0].reset_index(drop=True)))
    assert len(again) == 0
    assert again.dtypes["value"] == np.float64
    assert again.dtypes["timestamp"] == np.dtype("M8[us]")


def test_equal_tables_give_equal_bytes_without_pandas_metadata():
    data = FRAME.encode(frame())["frame.parquet"]
    assert FRAME.encode(frame().copy())["frame.parquet"] == data
    assert b"pandas" not in (pq.read_schema(io.BytesIO(data)).metadata or {})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({1: [1.0]}), "columns [1]: a stored table needs distinct texts as column names"),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "columns ['a', 'a']: a stored table needs distinct texts as column names",
        ),
        (
            pd.DataFrame({"a": [1.0]}, index=[5]),
            "a stored table needs the default index; call reset_index() first",
        ),
    ],
)
def test_a_table_that_would_change_is_refused(table, message):
    with pytest.raises(ContractError) as raised:
        parquet_bytes(table)
    assert str(raised.value) == message


def test_a_table_of_mixed_objects_is_refused_in_one_line():
    with pytest.raises(ContractError, match=r"^the table cannot be stored: .+") as raised:
        parquet_bytes(pd.DataFrame({"a": np.array([1, "x"], dtype=object)}))
    assert "\n" not in str(raised.value)


def test_json_keeps_floats_exactly_and_knows_nan():
    value = {"a": [0.1, 1e300, float("nan"), float("-inf")], "b": {"c": None}}
    again = JSON.decode(JSON.encode(value))
    assert repr(again) == repr(value)
    assert json.loads(JSON.encode({"x": 0.1})["value.json"]) == {"x": 0.1}


def test_files_are_kept_as_they_are():
    files = {"model.txt": b"\x00\xff", "nested/scale.json": b""}
    assert FILES.decode(FILES.encode(files)) == files


def test_arrays_are_read_as_numpy_reads_them_whoever_wrote_them():
    value = {
        "a": np.asfortranarray(np.ones((3, 2))),
        "b": np.array(["x", "yy"]),
        "c": np.empty(0, "M8[us]"),
        "d": np.array(3),
    }
    foreign = io.BytesIO()
    np.savez_compressed(foreign, **value)
    for data in (ARRAYS.encode(value)["arrays.npz"], foreign.getvalue()):
        found = ARRAYS.decode({"arrays.npz": data})
        with np.load(io.BytesIO(data)) as archive:
            assert found.keys() == set(archive.files)
            for name in archive.files:
                np.testing.assert_array_equal(found[name], archive[name])
                assert found[name].flags.f_contiguous == archive[name].flags.f_contiguous
    with pytest.raises((ValueError, zipfile.BadZipFile)):
        ARRAYS.decode({"arrays.npz": ARRAYS.encode(value)["arrays.npz"][:200]})
