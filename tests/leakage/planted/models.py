"""Models that know more than their train rows, and an ensemble that does."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from components.contracts import NOTHING, Ensemble, FittedModel, Inherited, Loss, Model
from components.values import Float, Float32, Resources, Samples

if TYPE_CHECKING:
    import onnx

LABELS: dict[bytes, float] = {}


@dataclass(frozen=True, kw_only=True, eq=False)
class Line(FittedModel):
    """slopes_F: of a line through the origin; how: what is done to its forecasts; known: remembered labels."""

    slopes_F: Float
    how: str
    known: Mapping[str, float]

    def predict(self, samples: Samples) -> Float:
        return self.forecast(samples.X_NF)[:, None]

    def forecast(self, X_NF: Float32) -> Float:
        forecast_N = np.asarray(X_NF, dtype=np.float64) @ self.slopes_F
        if self.how == "smooth":
            return np.convolve(np.pad(forecast_N, 2, mode="edge"), np.ones(5) / 5, mode="valid")
        if self.how == "batch":
            return (forecast_N - forecast_N.mean()) / max(forecast_N.std(), 1e-12)
        if self.how == "lead":
            return np.append(forecast_N[1:], forecast_N[-1:])
        if self.known:
            return np.array([self.known.get(row.tobytes().hex(), f) for row, f in zip(X_NF, forecast_N, strict=True)])
        return forecast_N

    def to_files(self) -> dict[str, bytes]:
        content = {"slopes": self.slopes_F.tolist(), "how": self.how, "known": dict(self.known)}
        return {"line.json": json.dumps(content).encode()}

    def to_onnx(self) -> "onnx.ModelProto":
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class _Base(Model):
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
        slopes_F, *_ = np.linalg.lstsq(train.X_NF.astype(np.float64), train.y_N, rcond=None)
        return self.made(slopes_F, train, valid)

    def made(self, slopes_F: Float, train: Samples, valid: Samples) -> FittedModel:
        raise NotImplementedError

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        content = json.loads(files["line.json"])
        return Line(slopes_F=np.array(content["slopes"]), how=content["how"], known=content["known"])

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


class Smoothing(_Base):
    """Its forecasts are smoothed with those of later rows."""

    def made(self, slopes_F: Float, train: Samples, valid: Samples) -> FittedModel:
        return Line(slopes_F=slopes_F, how="smooth", known={})


class BatchCentred(_Base):
    """Its forecasts are standardised over the whole span."""

    def made(self, slopes_F: Float, train: Samples, valid: Samples) -> FittedModel:
        return Line(slopes_F=slopes_F, how="batch", known={})


class Leading(_Base):
    """It forecasts from the next row."""

    def made(self, slopes_F: Float, train: Samples, valid: Samples) -> FittedModel:
        return Line(slopes_F=slopes_F, how="lead", known={})


class ValidationMemory(_Base):
    """It remembers the labels of the validation rows."""

    def made(self, slopes_F: Float, train: Samples, valid: Samples) -> FittedModel:
        known = {row.tobytes().hex(): float(y) for row, y in zip(valid.X_NF, valid.y_N, strict=True)}
        return Line(slopes_F=slopes_F, how="known", known=known)


class LabelMemory(_Base):
    """It remembers every label of every fit."""

    def made(self, slopes_F: Float, train: Samples, valid: Samples) -> FittedModel:
        for part in (train, valid):
            LABELS.update((row.tobytes(), float(y)) for row, y in zip(part.X_NF, part.y_N, strict=True))
        return Line(slopes_F=slopes_F, how="known", known={row.hex(): y for row, y in LABELS.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Unwritten(Line):
    """Forgets, when written down, what it knew when it forecast."""

    def to_files(self) -> dict[str, bytes]:
        return Line(slopes_F=self.slopes_F, how="plain", known={}).to_files()


class Forgetful(_Base):
    """What it writes down is not what it forecast with."""

    def made(self, slopes_F: Float, train: Samples, valid: Samples) -> FittedModel:
        return _Unwritten(slopes_F=slopes_F, how="smooth", known={})


@dataclass(frozen=True, kw_only=True)
class TunedOnAll(Ensemble):
    """The configured model is replaced by one that is fitted on the validation rows as well, label by label."""

    def around(self, model: Model) -> Model:
        return ValidationMemory()

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})
