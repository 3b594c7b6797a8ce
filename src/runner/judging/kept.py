"""How a vault was kept: sealed, or by discipline alone."""

import numpy as np

from runner.recording.ledger import Family, Ledger
from runner.specification.experiment import Experiment

DISCIPLINE = "kept by discipline: whoever has the file can look"


def vault_kept(experiment: Experiment, ledger: Ledger, market: Family, begins: np.datetime64) -> str:
    """A clause about the vault that begins then. market: of the bars before it."""
    seal = experiment.data.seal()
    if seal is None:
        return DISCIPLINE
    if np.datetime64(seal.begins, "us") > begins:
        return f"sealed from {seal.begins} on only, and before that {DISCIPLINE}"
    earlier = ledger.sealed_before(market, seal.digest)
    if earlier is None:
        return "sealed, but the ledger does not know since when"
    if earlier:
        return f"sealed after {earlier:,} trial{'' if earlier == 1 else 's'} or looks on this market"
    return "sealed before the first trial"
