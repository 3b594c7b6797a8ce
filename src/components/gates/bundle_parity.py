"""A gate on the inference bundle: it forecasts and orders what the run did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Gate, Kind, Result
from components.gates._wording import judgement, not_computable
from components.values import Certificate, Evidence, Judgement, Need

_ASKED: Any = {"relation": "<=", "statistic": "forecasts and orders that differ"}


@dataclass(frozen=True, kw_only=True)
class BundleParity(Gate):
    """Passes where the bundle, replayed over all folds, makes every forecast and order of the run.

    A forecast differs by more than 1e-5 x max(|f|, standard deviation of its fold's forecasts), an order if its
    sign or membership differs or its weight by more than 1e-6; value: forecasts and orders that differ, also
    those that differ when the bars come one by one. Source: the certificate of the run (see
    values.Certificate).
    """

    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"required": True}, {"required": False})

    def judges(self, kind: Kind) -> Result:
        return "run"

    def needs(self) -> frozenset[Need]:
        return frozenset({"bundle"})

    def judge(self, evidence: Evidence) -> Judgement:
        found = evidence.certificate
        if found is None:
            return not_computable("The run was not replayed through a bundle.", 0.0)
        if found.forecasts == 0:
            return not_computable("No forecast was replayed through the bundle.", 0.0)
        wrong_forecasts = found.missing + found.beyond_tolerance
        streamed = found.stream_differing_orders or 0
        differing = wrong_forecasts + found.differing_orders + streamed
        if differing == 0:
            return judgement(True, value=0.0, threshold=0.0, says=_same(found), **_ASKED)
        says = (
            f"The bundle differs from the run in {wrong_forecasts} of {found.forecasts} forecasts and "
            f"{found.differing_orders} of {found.orders} orders, and in {streamed} orders when bars come one by one; "
            f"first: {found.first_divergence}."
        )
        return judgement(False, value=float(differing), threshold=0.0, says=says, **_ASKED)


def _same(found: Certificate) -> str:
    ways = "at once and bar by bar" if found.stream_differing_orders is not None else "at once, not bar by bar"
    return f"The bundle makes all {found.forecasts} forecasts and {found.orders} orders of the run ({ways})."
