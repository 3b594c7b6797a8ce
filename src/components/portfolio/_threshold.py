"""The rule behind the portfolios that go long, short or flat by thresholds."""

import numpy as np

from components.values import Float


def long_short_flat(
    forecast_DS: Float, *, long_above: float, short_below: float, long_exposure: float, short_exposure: float
) -> Float:
    """(D, S) weights: long where forecast > long_above, short where forecast < short_below, else flat.

    Each position is the exposure divided by the number of symbols with a finite forecast on that date,
    so that gross exposure never exceeds the larger of the two.
    """
    available_DS = np.isfinite(forecast_DS)
    long_DS = available_DS & (forecast_DS > long_above)
    short_DS = available_DS & (forecast_DS < short_below)
    exposure_DS: Float = long_exposure * long_DS - short_exposure * short_DS
    exposure_DS /= np.maximum(available_DS.sum(axis=1, keepdims=True), 1)
    return exposure_DS
