"""What a bundle's graph may do: tensor arithmetic that ends, one row of forecasts for each row of features.

A bundle may come from anybody. Its graph is looked at before it is run: operators from a list, bodies included, no
file beside it, and lengths that are bounded.
"""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from components.errors import DataError
from components.values import Float, Float32
from runner.bundle.wire import Graph, Model, Node, NoGraph, Value, read_model

FLOAT = 1
MAX_TRIPS = 10_000
"""Turns of a Scan, those of Scans within it multiplied."""
MAX_LENGTH = 1 << 24
"""Largest length that constants may ask for."""
SECONDS, SECONDS_A_ROW = 30.0, 0.01
"""How long a graph may take, and one with a Scan for each row besides."""
MEMORY = 1 << 30
"""Bytes that all graphs of a process may hold while they run: a few operations that double theirs ask for more."""
CELLS = 1 << 22
"""Features that are given at a time, so that honest graphs stay far below."""
DOMAINS = {"": "", "ai.onnx": "", "ai.onnx.ml": "ai.onnx.ml"}
_OPERATORS = """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization BitShift
    BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike CausalConvWithState Ceil Celu Clip
    Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumProd CumSum DFT DepthToSpace
    DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU
    Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual
    GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf
    IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual LinearAttention Log LogSoftmax LpNormalization
    LpPool MatMul MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot
    Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN Range Reciprocal ReduceL1
    ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu
    Reshape ReverseSequence RotaryEmbedding Round Scan Scatter ScatterElements ScatterND Selu Shape Shrink Sigmoid
    Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum SwiGLU Swish Tan Tanh
    ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Where Xor
"""
_LEARNERS = """
    ArrayFeatureExtractor Binarizer CategoryMapper FeatureVectorizer Imputer LabelEncoder LinearClassifier
    LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier
    TreeEnsembleRegressor
"""
OPERATORS, LEARNERS = frozenset(_OPERATORS.split()), frozenset(_LEARNERS.split())
BY_DOMAIN = {"": OPERATORS, "ai.onnx.ml": LEARNERS}
LENGTHS = {"ConstantOfShape": (0,), "Expand": (1,), "Tile": (1,), "Range": (0, 1, 2), "Pad": (1,), "OneHot": (1,)}
"""Operators that make something as long as an input of theirs says, and which input that is."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was found in a graph that may be run. scans: whether it holds a Scan, whose time is then watched."""

    scans: bool


def check_graph(data: bytes, *, n_columns: int, lookback_rows: int, where: str) -> Checked:
    """Raises DataError, one line that begins with `where`, for a graph that is none or may not be run."""
    try:
        model = read_model(data)
        problem = next(_problems(model, n_columns, lookback_rows), None)
    except NoGraph as error:
        problem = f"is no ONNX model: {error}"
    if problem is not None:
        raise DataError(f"{where}: {problem}; it is not run")
    return Checked(scans=any(node.operator == "Scan" for node in _nodes(model.graph)))


def _problems(model: Model, n_columns: int, lookback_rows: int) -> Iterator[str]:
    for domain in model.domains:
        if domain not in DOMAINS:
            yield f"asks for operators of '{domain[:60]}', allowed are ONNX's own and ai.onnx.ml"
    if model.extra:
        yield "defines functions or training steps of its own"
    yield from _of_body(model.graph, 1, {})
    yield from _ends(model.graph, n_columns, lookback_rows)


def _nodes(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        yield node
        for body in node.bodies:
            yield from _nodes(body)


def _of_body(graph: Graph, trips: int, outside: Mapping[str, float]) -> Iterator[str]:
    """Of a graph that is run so many times. outside: sizes of what it may read besides its own, see `_sizes`."""
    if graph.sparse:
        yield "holds sparse constants"
    for tensor in (*graph.constants, *(tensor for node in graph.nodes for tensor in node.tensors)):
        if tensor.external:
            yield f"keeps the constant '{tensor.name[:60]}' in another file"
    sizes = _sizes(graph, outside)
    for node in graph.nodes:
        yield from _of_node(node, sizes)
        if node.operator == "Scan":
            turns = _turns(node, graph)
            if turns is None:
                yield "holds a Scan over a length that is not fixed"
            elif turns * trips > MAX_TRIPS:
                yield f"holds a Scan of {turns * trips:,} turns, at most {MAX_TRIPS:,} are allowed"
            for body in node.bodies:
                yield from _of_body(body, trips * max(turns or 1, 1), sizes)


def _of_node(node: Node, sizes: Mapping[str, float]) -> Iterator[str]:
    domain = DOMAINS.get(node.domain)
    if domain is None:
        yield f"uses '{node.operator[:60]}' of '{node.domain[:60]}', allowed are operators of ONNX and ai.onnx.ml"
    elif node.operator not in BY_DOMAIN[domain]:
        yield f"uses {node.operator[:60] or 'an operator without a name'}, which may not end or is no arithmetic"
    elif node.bodies and node.operator != "Scan":
        yield f"gives {node.operator} a body"
    for place in LENGTHS.get(node.operator, ()):
        asked = sizes.get(node.inputs[place], 1.0) if place < len(node.inputs) else 1.0
        if asked > MAX_LENGTH:
            length = f"a length of {asked:.3g}" if math.isfinite(asked) else "a length that depends on the features"
            yield f"asks {node.operator} for {length}, at most {MAX_LENGTH:,} is allowed"


def _sizes(graph: Graph, outside: Mapping[str, float]) -> dict[str, float]:
    """A bound of the integers behind each name, lengths multiplied: the product of what they are made of; infinite
    where they are made of features, 1 for how many there are."""
    sizes = {**outside, **{value.name: math.inf for value in graph.inputs}}
    sizes |= {tensor.name: _product(tensor.numbers) for tensor in graph.constants}
    for node in graph.nodes:
        size = math.prod(sizes.get(name, 1.0) for name in node.inputs if name)
        size *= math.prod(_product(tensor.numbers) for tensor in node.tensors)
        if node.operator == "Constant":
            size *= math.prod(_product(numbers) for numbers in node.integers.values())
        sizes |= dict.fromkeys(node.outputs, 1.0 if node.operator in ("Shape", "Size") else size)
    return sizes


def _product(numbers: Sequence[int]) -> float:
    """Numbers beyond all lengths mean "to the end", and ask for nothing."""
    return math.prod(float(max(abs(number), 1)) for number in numbers if abs(number) < 1 << 62)


def _turns(node: Node, graph: Graph) -> int | None:
    """The length of what a Scan goes over; None where the graph does not fix it."""
    count = next(iter(node.integers.get("num_scan_inputs", ())), 0)
    names = node.inputs[len(node.inputs) - count :] if 0 < count <= len(node.inputs) else ()
    axes = node.integers.get("scan_input_axes") or (0,) * len(names)
    shapes: dict[str, tuple[int | None, ...] | None] = {value.name: value.dims for value in graph.declared}
    shapes |= {value.name: value.dims for value in graph.inputs}
    shapes |= {tensor.name: tensor.dims for tensor in graph.constants}
    lengths = set()
    for name, axis in zip(names, axes, strict=False):
        dims = shapes.get(name)
        lengths.add(dims[axis] if dims is not None and -len(dims) <= axis < len(dims) else None)
    return next(iter(lengths)) if len(lengths) == 1 else None


def _ends(graph: Graph, n_columns: int, lookback_rows: int) -> Iterator[str]:
    """Where the graph does not read features and give forecasts."""
    constants = {tensor.name for tensor in graph.constants}
    inputs = [value for value in graph.inputs if value.name not in constants]
    if [value.name for value in inputs] != ["features"]:
        yield f"reads {_names(inputs)}, where a bundle's graph reads 'features' alone"
    wanted = (n_columns,) if lookback_rows == 1 else (lookback_rows, n_columns)
    for value in inputs:
        dims = value.dims
        if value.kind not in (0, FLOAT) or (dims is not None and not _fits(dims, wanted)):
            yield f"reads {_shown(value)}, where the recipe gives float32 (rows, {', '.join(map(str, wanted))})"
    if [value.name for value in graph.outputs] != ["forecast"]:
        yield f"gives {_names(graph.outputs)}, where a bundle's graph gives 'forecast' alone"
    for value in graph.outputs:
        if value.kind not in (0, FLOAT):
            yield f"gives {_shown(value)}, where forecasts are float32"


def _fits(dims: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    """Any number of rows, and the lengths that are fixed as they are wanted."""
    fixed = len(dims) == len(wanted) + 1 and dims[0] is None
    return fixed and all(one in (None, other) for one, other in zip(dims[1:], wanted, strict=True))


def _names(values: "list[Value] | tuple[Value, ...]") -> str:
    return ", ".join(f"'{value.name[:60]}'" for value in values) or "nothing"


def _shown(value: Value) -> str:
    dims = "?" if value.dims is None else ", ".join("?" if dim is None else str(dim) for dim in value.dims)
    return f"'{value.name[:60]}' of type {value.kind} and shape ({dims})"


class Runner:
    """A graph, ready to run: gives one row of finite forecasts for each row of finite features, or raises DataError."""

    def __init__(self, data: bytes, checked: Checked, n_outputs: int, where: str) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        _bound_memory()
        options.add_session_config_entry("session.use_env_allocators", "1")
        self._where, self._n_outputs, self._scans, self._tried = where, n_outputs, checked.scans, False
        try:
            self.session: Any = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise DataError(f"{where}: cannot be opened: {_first_line(error)}") from None
        shape = self.session.get_outputs()[0].shape
        rows, *columns = shape or ("rows", n_outputs)
        # A length that has a name, or none, is known only when rows are there.
        if isinstance(rows, int) or len(columns) != 1 or columns[0] not in (n_outputs, None, str(columns[0])):
            raise DataError(f"{where}: gives forecasts of shape {tuple(shape)}, not (rows, {n_outputs}); it is not run")

    def __call__(self, X_MG: Float32) -> Float:
        """(M, O) forecasts. Nothing is asked for no rows: not every release of onnxruntime survives that."""
        if len(X_MG) == 0:
            return np.empty((0, self._n_outputs))
        rows = max(1, CELLS // max(1, math.prod(X_MG.shape[1:])))
        return np.concatenate([self._forecasts(X_MG[row : row + rows]) for row in range(0, len(X_MG), rows)])

    def _forecasts(self, X_MG: Float32) -> Float:
        try:
            (forecast_MO,) = self._run({"features": X_MG})
        except Exception as error:
            raise DataError(f"{self._where}: cannot be run: {_first_line(error)}") from None
        wanted = (len(X_MG), self._n_outputs)
        if forecast_MO.shape != wanted or forecast_MO.dtype.kind != "f":
            raise DataError(f"{self._where}: gives forecasts of shape {forecast_MO.shape}, not {wanted}")
        wide_MO: Float = forecast_MO.astype(np.float64)
        if not np.isfinite(wide_MO).all():
            self._refuse_unfinite(X_MG, wide_MO)
        return wide_MO

    def _refuse_unfinite(self, X_MG: Float32, wide_MO: Float) -> None:
        """A feature may be missing; where none is, a forecast is there."""
        known_M = np.isfinite(X_MG).reshape(len(X_MG), -1).all(axis=1)
        if bad := int((known_M & ~np.isfinite(wide_MO).all(axis=1)).sum()):
            raise DataError(f"{self._where}: gives forecasts that are not finite for {bad} of {len(X_MG)} finite rows")

    def _run(self, inputs: dict[str, Float32]) -> Any:
        """Watched, but for single rows of a graph without a Scan that has run before: they must be quick."""
        n_rows = len(inputs["features"])
        if n_rows == 1 and self._tried and not self._scans:
            return self.session.run(["forecast"], inputs)
        self._tried = True
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.log_severity_level = 4
        limit = SECONDS + SECONDS_A_ROW * n_rows * self._scans
        watch = threading.Timer(limit, lambda: setattr(options, "terminate", True))
        watch.daemon = True
        watch.start()
        try:
            return self.session.run(["forecast"], inputs, options)
        finally:
            watch.cancel()


@cache
def _bound_memory() -> None:
    """For every session that asks for it, of this process: onnxruntime has one allocator for all of them."""
    import onnxruntime

    on_cpu = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    with suppress(Exception):  # whoever runs us may have given the process an allocator before
        onnxruntime.create_and_register_allocator(on_cpu, onnxruntime.OrtArenaCfg(MEMORY, -1, -1, -1))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
