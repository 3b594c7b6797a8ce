"""A model made of named models: each fitted on its own columns, forecasts averaged with weights."""

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from components.contracts import LAST_LABEL, NOTHING, FittedModel, Inherited, Loss, Model, Start
from components.onnx_graph import forecast_graph, rounded
from components.seeds import derive
from components.values import Float, Resources, Samples

if TYPE_CHECKING:
    import onnx

FILE = "committee.json"
WEIGHT = "weight"
"""Name of a member's weight among what the valid rows decided."""
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Committee(Model):
    """Members in the order of their names' first mention; it reads the union of their columns, gives what all of them
    give, and hands to each what it prepared or started from."""

    members: Mapping[str, Model]

    @abstractmethod
    def sample(self, train: Samples, seed: int) -> Samples:
        """The train rows on which one member is fitted."""

    @abstractmethod
    def weights(self, forecasts_MN: Float, valid: Samples) -> Float:
        """(M,) weights that sum to 1, from the members' forecasts of what is decided on, of the valid rows."""

    @property
    def lookback_rows(self) -> int:
        return max(member.lookback_rows for member in self.members.values())

    @property
    def draws_rows(self) -> bool:
        return any(member.draws_rows for member in self.members.values())

    @property
    def shares(self) -> bool:
        return any(member.shares for member in self.members.values())

    @property
    def starts_from(self) -> Start:
        """Members that start at all start from the same: others are refused beforehand."""
        starts: list[Start] = [member.starts_from for member in self.members.values()]
        return next((start for start in starts if start != "nothing"), "nothing")

    def prepare(self, common: Samples, *, seed: int) -> Mapping[str, bytes]:
        columns = self._columns(common)
        return {
            f"{name}/{path}": data
            for (name, member), own in zip(self.members.items(), columns, strict=True)
            if member.shares
            for path, data in member.prepare(common.select(own), seed=derive(seed, "member", name)).items()
        }

    def supports(self, loss: Loss) -> str | None:
        for name, member in self.members.items():
            if (only := member.supports(loss)) is not None:
                return f"{only} (member '{name}')"
        return None

    def inputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        wanted = {column for member in self.members.values() for column in member.inputs(features)}
        return tuple(column for column in (*features, LAST_LABEL) if column in wanted)

    def fit(
        self,
        train: Samples,
        valid: Samples,
        *,
        loss: Loss,
        seed: int,
        resources: Resources,
        inherited: Inherited = NOTHING,
    ) -> FittedModel:
        columns = self._columns(train)
        fitted = []
        for (name, member), own in zip(self.members.items(), columns, strict=True):
            member_seed = derive(seed, "member", name)
            sample = self.sample(train, derive(member_seed, "sample")).select(own)
            fitted.append(
                member.fit(
                    sample,
                    valid.select(own),
                    loss=loss,
                    seed=member_seed,
                    resources=resources,
                    inherited=_handed(name, member, inherited),
                )
            )
        decision = loss.head.decision
        forecasts_MN = np.array(
            [model.predict(valid.select(own))[:, decision] for model, own in zip(fitted, columns, strict=True)]
        )
        return WeightedMean(
            members=tuple(zip(self.members, fitted, strict=True)),
            columns=tuple(columns),
            weights_M=self.weights(forecasts_MN, valid),
            all_columns=train.columns,
            lookbacks=tuple(member.lookback_rows for member in self.members.values()),
        )

    def _columns(self, samples: Samples) -> list[tuple[str, ...]]:
        """What each member reads."""
        features = tuple(column for column in samples.columns if column != LAST_LABEL)
        return [member.inputs(features) for member in self.members.values()]

    def with_chosen(self, chosen: Mapping[str, float]) -> Model:
        members = {name: member.with_chosen(_own(name, chosen)) for name, member in self.members.items()}
        return replace(self, members=members)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        content = json.loads(files[FILE])
        fitted = [(name, member.from_files(_own(name, files))) for name, member in self.members.items()]
        return WeightedMean(
            members=tuple(fitted),
            columns=tuple(tuple(columns) for columns in content["columns"]),
            weights_M=np.array(content["weights"], dtype=np.float64),
            all_columns=tuple(content["all_columns"]),
            lookbacks=tuple(member.lookback_rows for member in self.members.values()),
        )


def _handed(name: str, member: Model, inherited: Inherited) -> Inherited:
    """A member's part of what the committee is handed."""
    shared = _own(name, inherited.shared or {}) if member.shares else {}
    start = _own(name, inherited.start or {}) if member.starts_from != "nothing" else {}
    return Inherited(shared=shared or None, start=start or None)


def _own(member: str, entries: Mapping[str, T]) -> dict[str, T]:
    """The entries of a member, which are named <member>/<name>."""
    prefix = f"{member}/"
    return {name.removeprefix(prefix): entry for name, entry in entries.items() if name.startswith(prefix)}


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightedMean(FittedModel):
    """f(x) = sum over members m of weights_M[m] f_m(columns[m] of x), output by output.

    lookbacks: rows that each member reads.
    """

    members: Sequence[tuple[str, FittedModel]]
    columns: Sequence[tuple[str, ...]]
    weights_M: Float
    all_columns: tuple[str, ...]
    lookbacks: tuple[int, ...]

    def predict(self, samples: Samples) -> Float:
        total_NO: Float = np.zeros(())
        for (_, model), own, weight in zip(self.members, self.columns, self.weights_M, strict=True):
            total_NO = total_NO + weight * model.predict(samples.select(own))
        return rounded(total_NO)

    def chosen(self) -> Mapping[str, float]:
        weights = {f"{name}/{WEIGHT}": float(w) for (name, _), w in zip(self.members, self.weights_M, strict=True)}
        within = {f"{name}/{key}": n for name, model in self.members for key, n in model.chosen().items()}
        return {**weights, **within}

    def to_files(self) -> dict[str, bytes]:
        content = {
            "columns": self.columns,
            "weights": self.weights_M.tolist(),
            "all_columns": self.all_columns,
        }
        files = {FILE: json.dumps(content).encode()}
        for name, model in self.members:
            files |= {f"{name}/{path}": data for path, data in model.to_files().items()}
        return files

    def to_onnx(self) -> "onnx.ModelProto":
        """The members' graphs side by side, each behind a gather of its columns.

        Products and sums are single nodes in the order of `predict`: a matrix product would fuse and
        reorder them, and a mean of few float32 values often lies halfway between two of them.
        """
        from onnx import TensorProto, compose, helper, numpy_helper

        nodes: list[Any] = []
        constants: dict[str, npt.NDArray[Any]] = {"nothing": np.array(0.0)}
        total, n_outputs, longest = "nothing", 1, max(self.lookbacks)
        parts = zip(self.members, self.columns, self.lookbacks, strict=True)
        for number, ((_, model), own, lookback) in enumerate(parts):
            member = f"member_{number}"
            index = np.array([self.all_columns.index(column) for column in own], dtype=np.int64)
            graph = compose.add_prefix(model.to_onnx(), f"{member}/").graph
            n_outputs = graph.output[0].type.tensor_type.shape.dim[1].dim_value
            constants |= {f"{member}_columns": index, f"{member}_weight": self.weights_M[number]}
            constants |= {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
            rows = "features"
            if longest > 1:
                # The last rows alone; of a member that reads one, without the dimension of rows.
                last = np.arange(longest - lookback, longest)
                constants[f"{member}_last"] = last if lookback > 1 else last[0]
                rows = f"{member}_rows"
                nodes.append(helper.make_node("Gather", ["features", f"{member}_last"], [rows], axis=1))
            nodes += [
                helper.make_node("Gather", [rows, f"{member}_columns"], [f"{member}/features"], axis=-1),
                *graph.node,
                helper.make_node("Cast", [f"{member}/forecast"], [f"{member}_wide"], to=TensorProto.DOUBLE),
                helper.make_node("Mul", [f"{member}_wide", f"{member}_weight"], [f"{member}_part"]),
                helper.make_node("Add", [total, f"{member}_part"], [f"{member}_total"]),
            ]
            total = f"{member}_total"
        nodes.append(helper.make_node("Cast", [total], ["forecast"], to=TensorProto.FLOAT))
        return forecast_graph(nodes, constants, len(self.all_columns), n_outputs=n_outputs, lookback_rows=longest)
