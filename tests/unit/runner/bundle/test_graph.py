"""Graphs of strangers: looked at before they are run, and one row of finite forecasts for each row of features."""

import json
import struct
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from components.errors import DataError
from runner.bundle.graph import OPERATORS, Runner, check_graph
from runner.bundle.layout import GRAPH, MANIFEST, SUMS, checksums
from runner.bundle.reader import Bundle
from runner.bundle.wire import NoGraph, read_model

COLUMNS = 3
ROWS = np.arange(12, dtype=np.float32).reshape(4, COLUMNS)


def constant(name, value, kind=np.float32):
    return numpy_helper.from_array(np.array(value, kind), name)


def info(name, kind=TensorProto.FLOAT, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def node(operator, inputs, outputs, **attributes):
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


AXES = constant("axes", [1], np.int64)
TOTAL = helper.make_node("ReduceSum", ["features", "axes"], ["forecast"], keepdims=1)


def model(
    nodes, constants=(), *, features=("rows", COLUMNS), outputs=("forecast",), kind=TensorProto.FLOAT, more=(), **opsets
):
    graph = helper.make_graph(
        list(nodes),
        "g",
        [info("features", kind, features), *more],
        [info(name) for name in outputs],
        list(constants),
    )
    imports = [helper.make_opsetid("", 17), *(helper.make_opsetid(name.replace("_", "."), 3) for name in opsets)]
    made = helper.make_model(graph, opset_imports=imports)
    made.ir_version = 8
    return made


def checked(made) -> None:
    data = made if isinstance(made, bytes) else made.SerializeToString()
    check_graph(data, n_columns=COLUMNS, lookback_rows=1, where="x")


def refusal(made) -> str:
    with pytest.raises(DataError) as error:
        checked(made)
    assert "\n" not in str(error.value)
    return str(error.value)


def scan(turns, inner=()):
    """A sum over the columns of a constant of so many rows."""
    body = helper.make_graph(
        [*inner, helper.make_node("Add", ["state", "piece"], ["next"])],
        "body",
        [info("state", shape=[1]), info("piece", shape=[1])],
        [info("next", shape=[1])],
    )
    table = constant("table", np.zeros((turns, 1)))
    nodes = [helper.make_node("Scan", ["start", "table"], ["last"], body=body, num_scan_inputs=1)]
    nodes += [TOTAL_TO_SUM, helper.make_node("Add", ["sum", "last"], ["forecast"])]
    return model(nodes, [table, constant("start", [0.0]), AXES])


TOTAL_TO_SUM = helper.make_node("ReduceSum", ["features", "axes"], ["sum"], keepdims=1)


def loop():
    body = helper.make_graph(
        [helper.make_node("Identity", ["a"], ["b"]), helper.make_node("Identity", ["go"], ["on"])],
        "body",
        [info("i", TensorProto.INT64, []), info("go", TensorProto.BOOL, []), info("a")],
        [info("on", TensorProto.BOOL, []), info("b")],
    )
    return helper.make_node("Loop", ["trips", "start", "sum"], ["forecast"], body=body)


def branch():
    side = helper.make_graph([helper.make_node("Identity", ["sum"], ["y"])], "side", [], [info("y")])
    return helper.make_node("If", ["start"], ["forecast"], then_branch=side, else_branch=side)


def external():
    made = model([TOTAL, helper.make_node("Add", ["forecast", "far"], ["more"])], [AXES, constant("far", [1.0])])
    far = made.graph.initializer[1]
    far.ClearField("raw_data")
    far.data_location = TensorProto.EXTERNAL
    far.external_data.add(key="location", value="/etc/passwd")
    return made


def hidden_external():
    """The same in the constant of a node."""
    tensor = external().graph.initializer[1]
    return model([TOTAL, helper.make_node("Constant", [], ["far"], value=tensor)], [AXES])


def with_function():
    made = model([TOTAL], [AXES])
    made.functions.append(
        helper.make_function("own", "f", ["a"], ["b"], [helper.make_node("Identity", ["a"], ["b"])], [])
    )
    return made


LOOPS = "which may not end or is no arithmetic; it is not run"
START = [AXES, constant("trips", 10**12, np.int64), constant("start", True, bool)]
LENGTH = "a length of 1e+12, at most 16,777,216 is allowed; it is not run"
REFUSED = {
    "loop": (model([TOTAL_TO_SUM, loop()], START), f"x: uses Loop, {LOOPS}"),
    "if": (model([TOTAL_TO_SUM, branch()], START), f"x: uses If, {LOOPS}"),
    "random": (model([node("RandomNormalLike", "features", "forecast")]), f"x: uses RandomNormalLike, {LOOPS}"),
    "loop in a scan": (scan(3, [loop()]), f"x: uses Loop, {LOOPS}"),
    "nothing": (model([node("", "features", "forecast")]), f"x: uses an operator without a name, {LOOPS}"),
    "external": (external(), "x: keeps the constant 'far' in another file; it is not run"),
    "external in a node": (hidden_external(), "x: keeps the constant 'far' in another file; it is not run"),
    "domain": (
        model([helper.make_node("Evil", ["features"], ["forecast"], domain="com.evil")]),
        "x: uses 'Evil' of 'com.evil', allowed are operators of ONNX and ai.onnx.ml; it is not run",
    ),
    "domain asked for": (
        model([TOTAL], [AXES], com_microsoft=1),
        "x: asks for operators of 'com.microsoft', allowed are ONNX's own and ai.onnx.ml; it is not run",
    ),
    "function": (with_function(), "x: defines functions or training steps of its own; it is not run"),
    "no output": (
        model([TOTAL], [AXES], outputs=("other",)),
        "x: gives 'other', where a bundle's graph gives 'forecast' alone; it is not run",
    ),
    "two outputs": (
        model([TOTAL], [AXES], outputs=("forecast", "features")),
        "x: gives 'forecast', 'features', where a bundle's graph gives 'forecast' alone; it is not run",
    ),
    "two inputs": (
        model([TOTAL], [AXES], more=[info("other")]),
        "x: reads 'features', 'other', where a bundle's graph reads 'features' alone; it is not run",
    ),
    "columns": (
        model([TOTAL], [AXES], features=("rows", 4)),
        "x: reads 'features' of type 1 and shape (?, 4), where the recipe gives float32 (rows, 3); it is not run",
    ),
    "one row": (
        model([TOTAL], [AXES], features=(1, COLUMNS)),
        "x: reads 'features' of type 1 and shape (1, 3), where the recipe gives float32 (rows, 3); it is not run",
    ),
    "texts": (
        model([TOTAL], [AXES], kind=TensorProto.STRING),
        "x: reads 'features' of type 8 and shape (?, 3), where the recipe gives float32 (rows, 3); it is not run",
    ),
    "scan too long": (scan(10_001), "x: holds a Scan of 10,001 turns, at most 10,000 are allowed; it is not run"),
    "huge": (
        model([node("ConstantOfShape", "trips", "forecast")], [constant("trips", [10**6, 10**6], np.int64)]),
        f"x: asks ConstantOfShape for {LENGTH}",
    ),
    "huge by squares": (
        model(
            [
                helper.make_node("Mul", ["n", "n"], ["nn"]),
                helper.make_node("Mul", ["nn", "nn"], ["shape"]),
                helper.make_node("Expand", ["features", "shape"], ["forecast"]),
            ],
            [constant("n", [1000], np.int64)],
        ),
        f"x: asks Expand for {LENGTH}",
    ),
    "huge by the features": (
        model(
            [
                helper.make_node("Cast", ["features"], ["n"], to=TensorProto.INT64),
                helper.make_node("Range", ["n", "n", "n"], ["forecast"]),
            ]
        ),
        "x: asks Range for a length that depends on the features, at most 16,777,216 is allowed; it is not run",
    ),
    "no model": (b"\x08", "x: is no ONNX model: it is cut off, or no protobuf message; it is not run"),
    "text": (b"<html>", "x: is no ONNX model: it is no protobuf message; it is not run"),
    "empty": (b"", "x: is no ONNX model: it holds no graph; it is not run"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_a_graph_that_may_not_be_run_is_one_line(kind: str) -> None:
    made, message = REFUSED[kind]
    assert refusal(made) == message


def test_a_scan_whose_length_nothing_fixes_is_refused() -> None:
    made = scan(5)
    made.graph.node[0].input[1] = "features"
    made.graph.input[0].type.tensor_type.shape.dim[0].Clear()
    assert refusal(made) == "x: holds a Scan over a length that is not fixed; it is not run"


def test_a_scan_of_fixed_length_runs_and_gives_what_it_should() -> None:
    data = scan(7).SerializeToString()
    found = Runner(data, check_graph(data, n_columns=COLUMNS, lookback_rows=1, where="x"), 1, "x")(ROWS)
    np.testing.assert_array_equal(found, ROWS.sum(axis=1, keepdims=True))


def test_scans_within_scans_are_multiplied() -> None:
    inner = scan(200)
    nested = helper.make_node(
        "Scan", ["start", "table"], ["unused"], body=inner.graph.node[0].attribute[0].g, num_scan_inputs=1
    )
    made = scan(200, [nested])
    body = made.graph.node[0].attribute[0].g
    body.initializer.append(constant("table", np.zeros((200, 1))))
    assert refusal(made) == "x: holds a Scan of 40,000 turns, at most 10,000 are allowed; it is not run"


RUN = {
    "one row for all": (
        [node("ReduceSum", "features rows", "t"), node("ReduceSum", "t axes", "forecast")],
        "x: gives forecasts of shape (1, 1), not (rows, 1); it is not run",
    ),
    "as many columns": (
        [helper.make_node("Identity", ["features"], ["forecast"])],
        "x: gives forecasts of shape ('rows', 3), not (rows, 1); it is not run",
    ),
    "no matrix": (
        [helper.make_node("ReduceSum", ["features", "axes"], ["forecast"], keepdims=0)],
        "x: gives forecasts of shape ('rows',), not (rows, 1); it is not run",
    ),
    "infinite": (
        [TOTAL_TO_SUM, node("Div", "sum nought", "q"), node("Sub", "q q", "forecast")],
        "x: gives forecasts that are not finite for 4 of 4 finite rows",
    ),
    "fewer rows": (
        [node("Compress", "features some", "c", axis=0), node("ReduceSum", "c axes", "forecast")],
        "x: gives forecasts of shape (1, 1), not (4, 1)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RUN)
def test_what_is_no_row_of_forecasts_a_row_is_one_line(kind: str) -> None:
    nodes, message = RUN[kind]
    further = [constant("rows", [0], np.int64), constant("nought", [0.0]), constant("some", [True], bool)]
    data = model(nodes, [AXES, *further]).SerializeToString()
    facts = check_graph(data, n_columns=COLUMNS, lookback_rows=1, where="x")
    with pytest.raises(DataError) as error:
        Runner(data, facts, 1, "x")(ROWS)
    assert str(error.value) == message


def doublings(first: str, axis: int) -> list[onnx.NodeProto]:
    names = [first, *(f"d{number}" for number in range(40))]
    return [node("Concat", f"{one} {one}", two, axis=axis) for one, two in pairwise(names)]


@pytest.mark.slow
@pytest.mark.parametrize("what", ["features", "constant"])
def test_a_graph_that_doubles_again_and_again_runs_out_of_its_own_memory(what: str) -> None:
    ends = node("ReduceSum", "d39 axes", "sums", keepdims=1), node("Add", "total sums", "forecast")
    total = node("ReduceSum", "features axes", "total", keepdims=1)
    seed = constant("constant", [[1.0, 2.0]])
    data = model([*doublings(what, 1), total, *ends], [AXES, seed]).SerializeToString()
    facts = check_graph(data, n_columns=COLUMNS, lookback_rows=1, where="x")
    with pytest.raises(DataError, match=r"^x: cannot be (run|opened): .*[Aa]vailable memory") as caught:
        Runner(data, facts, 1, "x")(ROWS)
    assert "\n" not in str(caught.value)


def test_rows_are_given_a_few_at_a_time_and_come_back_in_order(monkeypatch) -> None:
    data = model([TOTAL], [AXES]).SerializeToString()
    run = Runner(data, check_graph(data, n_columns=COLUMNS, lookback_rows=1, where="x"), 1, "x")
    whole = run(ROWS)
    monkeypatch.setattr("runner.bundle.graph.CELLS", 2 * COLUMNS + 1)
    np.testing.assert_array_equal(run(ROWS), whole)
    np.testing.assert_array_equal(whole[:, 0], ROWS.sum(axis=1))


def test_a_missing_feature_may_make_a_missing_forecast() -> None:
    data = model([TOTAL], [AXES]).SerializeToString()
    run = Runner(data, check_graph(data, n_columns=COLUMNS, lookback_rows=1, where="x"), 1, "x")
    rows = ROWS.copy()
    rows[1, 0] = np.nan
    assert np.isnan(run(rows)[:, 0]).tolist() == [False, True, False, False]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_damage_is_refused_or_harmless_and_never_a_stack_trace(noise: bytes, place: int, byte: int) -> None:
    data = bytearray(scan(3).SerializeToString())
    data[place % len(data)] = byte
    for hostile in (bytes(data), bytes(data[: place % len(data)]), noise):
        with suppress(DataError):
            check_graph(hostile, n_columns=COLUMNS, lookback_rows=1, where="x")


def test_bodies_within_bodies_end() -> None:
    def message(number: int, content: bytes) -> bytes:
        length = len(content)
        size = b""
        while length > 0x7F:
            size += bytes([length & 0x7F | 0x80])
            length >>= 7
        return bytes([number << 3 | 2]) + size + bytes([length]) + content

    graph = b""
    for _ in range(3000):
        graph = message(1, message(5, message(6, graph)))
    with pytest.raises(NoGraph, match="nested more than 8 deep"):
        read_model(message(7, graph))


def test_the_reader_sees_what_the_library_sees(made) -> None:
    """Names, operators and lengths of a real graph of trees, with floats both packed and one by one."""
    theirs = onnx.load_from_string(made.bundle.graph)
    ours = read_model(made.bundle.graph)
    assert [node.operator for node in ours.graph.nodes] == [node.op_type for node in theirs.graph.node]
    assert [tensor.name for tensor in ours.graph.constants] == [tensor.name for tensor in theirs.graph.initializer]
    assert [value.name for value in ours.graph.inputs] == ["features"]
    assert ours.graph.inputs[0].dims == (None, theirs.graph.input[0].type.tensor_type.shape.dim[1].dim_value)
    single = helper.make_node("TreeEnsembleRegressor", ["a"], ["b"], domain="ai.onnx.ml", nodes_values=[1.0, 2.0] * 50)
    tail = struct.pack("<f", 1.0)
    assert single.SerializeToString().count(tail) == 50
    assert (
        read_model(model([single], ai_onnx_ml=3).SerializeToString()).graph.nodes[0].operator == "TreeEnsembleRegressor"
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 200), min_size=1, max_size=300),
    st.lists(st.floats(width=32), max_size=300),
    st.integers(0, 3000),
)
def test_runs_of_numbers_are_passed_over_and_what_follows_is_read(integers, floats, more) -> None:
    integers = integers + [7] * more
    made = helper.make_node("Scaler", ["a"], ["b"], domain="ai.onnx.ml", many=integers, offset=floats or [0.5])
    later = helper.make_node("Scaler", ["b"], ["c"], domain="ai.onnx.ml", last=[3, 5])
    nodes = read_model(model([made, later], ai_onnx_ml=3).SerializeToString()).graph.nodes
    assert list(nodes[0].integers["many"]) == integers[:64]
    assert nodes[1].integers["last"] == (3, 5)
    assert [one.outputs for one in nodes] == [("b",), ("c",)]


def test_the_list_of_operators_is_onnx_own() -> None:
    known = {schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""}
    assert sorted(OPERATORS - known) == []
    assert not OPERATORS & {"Loop", "If", "SequenceMap", "Multinomial", "Bernoulli", "RandomNormal", "ImageDecoder"}


def test_a_bundle_with_such_a_graph_does_not_open(made, tmp_path: Path) -> None:
    folder = made.write(tmp_path / "1")
    (folder / GRAPH).write_bytes(model([TOTAL_TO_SUM, loop()], START).SerializeToString())
    resum(folder)
    with pytest.raises(DataError) as error:
        Bundle.open(folder)
    assert str(error.value) == f"{folder / GRAPH}: uses Loop, {LOOPS}"


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000 + "]" * 100_000, "{}", "[]", "7", '{"format_version": "x"}', '{"format_version": 4, "recipe": {}}'],
)
def test_a_manifest_that_is_none_is_one_line(made, tmp_path: Path, content: str) -> None:
    folder = made.write(tmp_path / "1")
    (folder / MANIFEST).write_text(content)
    resum(folder)
    with pytest.raises(DataError) as error:
        Bundle.open(folder)
    assert str(error.value).startswith(f"{folder / MANIFEST}: is no manifest of a bundle: ")
    assert "\n" not in str(error.value)


def test_links_and_folders_are_no_files_of_a_bundle(made, tmp_path: Path) -> None:
    folder = made.write(tmp_path / "1")
    graph = folder / GRAPH
    graph.rename(tmp_path / "elsewhere.onnx")
    graph.symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(DataError) as error:
        Bundle.open(folder)
    assert str(error.value) == f"{graph}: is no plain file; a bundle holds plain files, no links and no folders"
    graph.unlink()
    (tmp_path / "elsewhere.onnx").rename(graph)
    (folder / "more").mkdir()
    with pytest.raises(DataError, match="more: is no plain file"):
        Bundle.open(folder)
    assert json.loads((folder / MANIFEST).read_text())["format_version"] == 4


def resum(folder: Path) -> None:
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != SUMS}
    (folder / SUMS).write_bytes(checksums(files))
