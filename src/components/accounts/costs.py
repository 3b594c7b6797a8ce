"""What an account is charged, in currency: for what it trades and for what it holds.

terms_P: a row of `components.accounts.account.Terms`.
"""

import numpy as np
import numpy.typing as npt

from components.compilation import inlined

Float = npt.NDArray[np.float64]

BASIS_POINT = 1e-4
COST_BPS, BORROW, FINANCING, CASH_RATE, BAND, HAIRCUT = range(6)


@inlined
def of_fill(terms_P: Float, notional: float, impact_rate: float) -> tuple[float, float]:
    """Commission and impact of a fill: cost_bps / 10,000 * notional, and impact_rate * notional^1.5."""
    return terms_P[COST_BPS] * BASIS_POINT * notional, impact_rate * notional * np.sqrt(notional)


@inlined
def of_balances(terms_P: Float, years: float, cash: float, short: float) -> tuple[float, float, float]:
    """Interest earned on cash, interest paid on negative cash, and borrowing paid on the value of what is short."""
    earned = max(cash, 0.0) * terms_P[CASH_RATE] * BASIS_POINT * years
    financed = max(-cash, 0.0) * terms_P[FINANCING] * BASIS_POINT * years
    return earned, financed, short * terms_P[BORROW] * BASIS_POINT * years
