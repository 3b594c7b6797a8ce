"""A broken ensemble."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Ensemble, FittedModel, Loss, Model
from components.errors import ContractError
from components.values import Float, Samples


@dataclass(frozen=True, kw_only=True)
class _Fitted(FittedModel):
    inner: FittedModel

    def predict(self, samples: Samples) -> Float:
        found_NO = self.inner.predict(samples)
        return found_NO * (1 - 0.01 * min(abs(found_NO.mean()), 1.0)) if len(samples) else found_NO

    def to_files(self) -> dict[str, bytes]:
        return self.inner.to_files()

    def to_onnx(self) -> Any:
        raise ContractError("a specimen has no graph")


@dataclass(frozen=True, kw_only=True)
class _Model(Model):
    inner: Model

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()

    @property
    def draws_rows(self) -> bool:
        return self.inner.draws_rows

    def supports(self, loss: Loss) -> str | None:
        return self.inner.supports(loss)

    def inputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        return self.inner.inputs(features)

    def fit(self, train: Samples, valid: Samples, **given: Any) -> FittedModel:  # type: ignore[override]
        return _Fitted(inner=self.inner.fit(train, valid, **given))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return _Fitted(inner=self.inner.from_files(files))


@dataclass(frozen=True, kw_only=True)
class CentredEnsemble(Ensemble):
    """The configured model, smaller the larger the batch's mean forecast is."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def around(self, model: Model) -> Model:
        return _Model(inner=model)
