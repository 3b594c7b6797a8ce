"""ONNX graphs of fitted scikit-learn pipelines: trees as one forest in float64, all else by skl2onnx."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.errors import ContractError
from components.model._forest import Tree, coded, forest_graph
from components.onnx_graph import OPSETS, forecast_graph, wide_features
from components.values import Float

if TYPE_CHECKING:
    import onnx

TRIED_ROWS = 64
ALLOWED = 1e-5
"""Of the forecasts' size: a graph that is further off is not the estimator's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Grown:
    """A sum of trees. narrow: whether rows are compared as float32, as the trees of Cython are, not as float64."""

    trees: tuple[Tree, ...]
    base: float
    link: Literal["identity", "sigmoid"] = "identity"
    narrow: bool = True


def graph_of(pipelines: Sequence[Any], *, probability: bool) -> "onnx.ModelProto":
    """The graph of one pipeline for each target. Raises ContractError where an estimator has none."""
    grown = [_grown(pipeline[-1]) for pipeline in pipelines]
    if all(grown):
        return _forest(pipelines[0], [one for one in grown if one])
    if type(pipelines[0][-1]).__name__ in ("SVR", "NuSVR"):
        return _kernel_machines(pipelines)
    name = type(pipelines[0][-1]).__name__
    try:
        graph = _converted(pipelines, probability=probability)
        apart = _apart(graph, pipelines, probability=probability)
    except Exception as error:  # whatever the converter, or the check of what it made, says of what it does not know
        says = " ".join(str(error).split())
        raise ContractError(f"{name} has no ONNX graph in float64: {says[:200]}") from None
    if apart:
        raise ContractError(f"{name} has no ONNX graph that forecasts what it does: skl2onnx's is off by {apart:.2g}")
    return graph


def _apart(graph: "onnx.ModelProto", pipelines: Sequence[Any], *, probability: bool) -> float:
    """How far the graph forecasts from the estimators on rows like those of a training, 0 up to rounding."""
    import onnxruntime

    n_columns, scaler = pipelines[0].n_features_in_, pipelines[0][0]
    Z_NF = np.random.default_rng(0).normal(size=(TRIED_ROWS, n_columns))
    X_NF = (Z_NF * scaler.scale_ + scaler.mean_ if hasattr(scaler, "scale_") else Z_NF).astype(np.float32)
    wide_NF = X_NF.astype(np.float64)
    expected_NO = np.column_stack(
        [one.predict_proba(wide_NF)[:, _place(one)] if probability else one.predict(wide_NF) for one in pipelines]
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what breaks is told by the error
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found_NO = session.run(["forecast"], {"features": X_NF})[0]
    apart = float(np.abs(found_NO - expected_NO).max())
    return apart if apart > ALLOWED * max(float(expected_NO.std()), float(np.abs(expected_NO).max()), 1e-12) else 0.0


def _place(classifier: Any) -> int:
    """The column of class 1 among its probabilities; the first where there is only one class."""
    return int(np.flatnonzero(classifier.classes_ == 1)[0]) if len(classifier.classes_) > 1 else 0


def _grown(estimator: Any) -> Grown | None:
    """The trees of an estimator that is a sum of them; None otherwise."""
    name = type(estimator).__name__
    if name in ("DecisionTreeRegressor", "DecisionTreeClassifier", "ExtraTreeRegressor", "ExtraTreeClassifier"):
        return Grown(trees=(_tree(estimator.tree_, _leaf_values(estimator, estimator)),), base=0.0)
    if name in ("RandomForestRegressor", "RandomForestClassifier", "ExtraTreesRegressor", "ExtraTreesClassifier"):
        members = estimator.estimators_
        trees = [_tree(member.tree_, _leaf_values(member, estimator) / len(members)) for member in members]
        return Grown(trees=tuple(trees), base=0.0)
    if name in ("GradientBoostingRegressor", "GradientBoostingClassifier") and estimator.init is None:
        members = estimator.estimators_[:, 0]
        trees = [_tree(member.tree_, estimator.learning_rate * member.tree_.value[:, 0, 0]) for member in members]
        base = float(estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_)))[0, 0])
        return Grown(trees=tuple(trees), base=base, link=_link(name))
    if name in ("HistGradientBoostingRegressor", "HistGradientBoostingClassifier"):
        if estimator.is_categorical_ is not None or estimator._loss.link.__class__.__name__ == "LogLink":
            return None
        trees = [_histogram_tree(predictor[0].nodes) for predictor in estimator._predictors]
        base = float(np.ravel(estimator._baseline_prediction)[0])
        return Grown(trees=tuple(trees), base=base, link=_link(name), narrow=False)
    return None


def _link(name: str) -> Literal["identity", "sigmoid"]:
    return "sigmoid" if name.endswith("Classifier") else "identity"


def _leaf_values(member: Any, whole: Any) -> Float:
    """(nodes,) the mean label, or the share of class 1. whole: what knows classes by name, as trees of a forest do
    not."""
    values_MC: Float = member.tree_.value[:, 0, :]
    place = np.flatnonzero(whole.classes_ == 1) if hasattr(whole, "classes_") else np.array([0])
    return values_MC[:, place[0]] if len(place) else np.zeros(len(values_MC))


def _tree(tree: Any, value_M: Float) -> Tree:
    leaf_M = tree.children_left < 0
    return coded(leaf_M, tree.feature, tree.threshold, tree.children_left, tree.children_right, value_M)


def _histogram_tree(nodes: Any) -> Tree:
    leaf_M = nodes["is_leaf"].astype(bool)
    left_M, right_M = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    return coded(leaf_M, nodes["feature_idx"], nodes["num_threshold"], left_M, right_M, nodes["value"])


def _forest(pipeline: Any, grown: Sequence[Grown]) -> "onnx.ModelProto":
    from onnx import TensorProto, helper

    trees = [replace(tree, output=output) for output, one in enumerate(grown) for tree in one.trees]
    nodes, constants, scaled = _scaled(pipeline)
    if grown[0].narrow and scaled != "wide":  # what was float32 before is not after scaling
        nodes += [helper.make_node("Cast", [scaled], ["narrow"], to=TensorProto.FLOAT)]
        nodes += [helper.make_node("Cast", ["narrow"], ["compared"], to=TensorProto.DOUBLE)]
        scaled = "compared"
    base_O = np.array([one.base for one in grown])
    n_columns = pipeline.n_features_in_
    return forest_graph(trees, base_O, n_columns=n_columns, link=grown[0].link, inputs=(nodes, constants, scaled))


def _kernel_machines(pipelines: Sequence[Any]) -> "onnx.ModelProto":
    """f(x) = sum over the support vectors s of c_s k(x, s) + b; the operator for it knows float32 only."""
    from onnx import TensorProto, helper

    nodes, constants, scaled = _scaled(pipelines[0])
    forecasts = []
    for number, pipeline in enumerate(pipelines, start=1):
        machine, own = pipeline[-1], f"{number}_"
        vectors_SF, slope = np.asarray(machine.support_vectors_), float(machine._gamma)
        constants |= {
            f"{own}vectors": np.ascontiguousarray(vectors_SF.T),
            f"{own}weights": machine.dual_coef_.reshape(-1, 1),
            f"{own}base": np.asarray(machine.intercept_, dtype=np.float64),
        }
        nodes += [helper.make_node("MatMul", [scaled, f"{own}vectors"], [f"{own}product"])]
        if machine.kernel == "rbf":
            constants |= {f"{own}squares": (vectors_SF**2).sum(axis=1), f"{own}slope": np.array(-slope)}
            constants |= {"minus_two": np.array(-2.0)}
            nodes += [
                helper.make_node("ReduceSumSquare", [scaled], [f"{own}square"], axes=[1], keepdims=1),
                helper.make_node("Mul", [f"{own}product", "minus_two"], [f"{own}crossed"]),
                helper.make_node("Add", [f"{own}crossed", f"{own}squares"], [f"{own}partial"]),
                helper.make_node("Add", [f"{own}partial", f"{own}square"], [f"{own}distance"]),
                helper.make_node("Mul", [f"{own}distance", f"{own}slope"], [f"{own}exponent"]),
                helper.make_node("Exp", [f"{own}exponent"], [f"{own}kernel"]),
            ]
        elif machine.kernel in ("poly", "sigmoid"):
            shape = (
                helper.make_node("Pow", [f"{own}shifted", f"{own}degree"], [f"{own}kernel"])
                if machine.kernel == "poly"
                else helper.make_node("Tanh", [f"{own}shifted"], [f"{own}kernel"])
            )
            constants |= {f"{own}slope": np.array(slope), f"{own}shift": np.array(float(machine.coef0))}
            constants |= {f"{own}degree": np.array(float(machine.degree))} if machine.kernel == "poly" else {}
            nodes += [
                helper.make_node("Mul", [f"{own}product", f"{own}slope"], [f"{own}stretched"]),
                helper.make_node("Add", [f"{own}stretched", f"{own}shift"], [f"{own}shifted"]),
                shape,
            ]
        else:
            nodes += [helper.make_node("Identity", [f"{own}product"], [f"{own}kernel"])]
        nodes += [
            helper.make_node("MatMul", [f"{own}kernel", f"{own}weights"], [f"{own}sum"]),
            helper.make_node("Add", [f"{own}sum", f"{own}base"], [f"{own}column"]),
        ]
        forecasts.append(f"{own}column")
    nodes += [
        helper.make_node("Concat", forecasts, ["joined"], axis=1),
        helper.make_node("Cast", ["joined"], ["forecast"], to=TensorProto.FLOAT),
    ]
    return forecast_graph(nodes, constants, pipelines[0].n_features_in_, n_outputs=len(pipelines))


def _scaled(pipeline: Any) -> tuple[list[Any], dict[str, Any], str]:
    """Nodes, constants and the name of the float64 features as the last step reads them."""
    from onnx import helper

    if len(pipeline) == 1:
        return [wide_features()], {}, "wide"
    nodes = [
        wide_features(),
        helper.make_node("Sub", ["wide", "means"], ["centred"]),
        helper.make_node("Div", ["centred", "scales"], ["scaled"]),
    ]
    return nodes, {"means": pipeline[0].mean_, "scales": pipeline[0].scale_}, "scaled"


def _converted(pipelines: Sequence[Any], *, probability: bool) -> "onnx.ModelProto":
    """In float64 throughout, one part for each target, side by side."""
    from onnx import TensorProto, helper, numpy_helper
    from onnx.compose import add_prefix

    nodes, forecasts = [wide_features()], []
    constants: dict[str, Any] = {}
    n_columns = pipelines[0].n_features_in_
    for number, pipeline in enumerate(pipelines, start=1):
        graph = add_prefix(_by_skl2onnx(pipeline, n_columns, probability=probability), f"{number}_").graph
        nodes += [helper.make_node("Identity", ["wide"], [graph.input[0].name]), *graph.node]
        constants |= {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        told = graph.output[-1].name
        if probability:
            constants[f"{number}_place"] = np.array([_place(pipeline)])
            nodes += [helper.make_node("Gather", [told, f"{number}_place"], [f"{number}_of_one"], axis=1)]
            told = f"{number}_of_one"
        constants["column"] = np.array([-1, 1])
        nodes += [helper.make_node("Reshape", [told, "column"], [f"{number}_column"])]
        forecasts.append(f"{number}_column")
    nodes += [
        helper.make_node("Concat", forecasts, ["joined"], axis=1),
        helper.make_node("Cast", ["joined"], ["forecast"], to=TensorProto.FLOAT),
    ]
    return forecast_graph(nodes, constants, n_columns, n_outputs=len(pipelines))


def _by_skl2onnx(pipeline: Any, n_columns: int, *, probability: bool) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import DoubleTensorType

    options = {id(pipeline): {"zipmap": False}} if probability else None
    types = [("wide", DoubleTensorType([None, n_columns]))]
    return to_onnx(pipeline, initial_types=types, options=options, target_opset=dict(OPSETS))
