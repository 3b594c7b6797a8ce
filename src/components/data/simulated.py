"""Markets that are made: who makes them knows what can be foretold of them, and how well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.bars import Bars
from components.contracts import Source
from components.errors import ConfigError, Problem
from components.panel import Panel
from components.ranges import Ge, Lt
from components.structure import strict
from components.values import Float, SourceFacts

FIRST_DAY = "2000-01-03"
VARIANCE, FOLLOWS_SHOCK, LASTS = 1e-4, 0.08, 0.9
"""Of GARCH(1, 1): mean variance of a bar, and how much of the last shock and of the last variance is left."""
TAIL = 5
"""Degrees of freedom of the Student shocks."""
DELAY = 2
"""Bars from a state to the move that it drives: decided at the close, filled at the next one, held until the third."""
MARKET, OWN, STATE, COLUMNS = range(4)
"""Streams of chance; each is drawn bar by bar, so that a longer history begins as a shorter one does."""


@dataclass(frozen=True, kw_only=True)
class Simulated(Source):
    """Daily bars of a made market: field close, and column_1, column_2, ...; T bars, S symbols, K columns.

    r_t = v_t (strength x_(t-2) + sqrt(1 - strength^2) e_t); v_t: GARCH(1, 1) volatility, 1 % a bar on average; e_t:
    Student shocks with five degrees of freedom, of variance 1; x_t: a state of the symbol, an autoregression of
    variance 1. There is no drift: nobody earns anything by holding. A column that knows is the state seen through as
    much noise; the other columns are autoregressions alike, which know nothing.

    symbols      how many
    bars_each    of each, on weekdays from 2000-01-03 on; more bars go on with the same history
    columns      beside the close
    knowing      how many of the columns know, the first ones; at most all
    strength     correlation of the state with the return that it drives; 0: nothing can be foretold
    persistence  correlation of a column with itself, one bar later
    correlation  between the returns of two symbols, where strength is 0
    seed         another market for each
    """

    symbols: Annotated[int, Ge(1)]
    bars_each: Annotated[int, Ge(50)]
    columns: Annotated[int, Ge(0)]
    knowing: Annotated[int, Ge(0)]
    strength: Annotated[float, Ge(0), Lt(1)]
    persistence: Annotated[float, Ge(0), Lt(1)]
    correlation: Annotated[float, Ge(0), Lt(1)]
    seed: Annotated[int, Ge(0)]

    def facts(self) -> SourceFacts:
        knows = f"a state of strength {self.strength:g}" if self.strength else "nothing to foretell"
        return SourceFacts(
            identity=f"simulated:{self.seed}",
            description=f"simulated market {self.seed}, {knows}",
            survivorship="free",
            adjustment="total",
        )

    def fields(self) -> tuple[str, ...]:
        if self.knowing > self.columns:
            hint = f"at most {self.columns}, as many as there are columns"
            raise ConfigError(Problem("knowing", f"{self.knowing} is not allowed", hint))
        return ("close", *(f"column_{k + 1}" for k in range(self.columns)))

    def content(self) -> str:
        return f"numpy {np.__version__}"

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        n, symbols = self.bars_each, self.symbols
        state_TS = self._persistent(STATE, symbols)
        close_TS = 100 * np.cumprod(1 + self._returns_TS(state_TS), axis=0)
        noise_TSK = self._persistent(COLUMNS, symbols * self.columns).reshape(n, symbols, self.columns)
        fields = {"close": close_TS}
        for k, name in enumerate(self.fields()[1:]):
            seen_TS = (state_TS + noise_TSK[:, :, k]) / np.sqrt(2) if k < self.knowing else noise_TSK[:, :, k]
            fields[name] = seen_TS
        days_T = np.busday_offset(FIRST_DAY, np.arange(n), roll="forward").astype("datetime64[us]")
        return Bars(
            symbols=tuple(f"made_{self.seed}_{s + 1:03}" for s in range(symbols)),
            codes_R=np.repeat(np.arange(symbols, dtype=np.int32), n),
            timestamps_R=np.tile(days_T, symbols),
            fields={name: np.ascontiguousarray(values_TS.T).ravel() for name, values_TS in fields.items()},
            where=self.facts().description,
        )

    def _returns_TS(self, state_TS: Float) -> Float:
        """(T, S) simple returns."""
        n = self.bars_each
        shocks = [
            np.random.default_rng([self.seed, stream]).standard_t(TAIL, (n, width)) * np.sqrt(1 - 2 / TAIL)
            for stream, width in ((MARKET, 1), (OWN, self.symbols))
        ]
        shock_TS = np.sqrt(self.correlation) * shocks[0] + np.sqrt(1 - self.correlation) * shocks[1]
        driven_TS = np.zeros_like(shock_TS)
        driven_TS[DELAY:] = state_TS[:-DELAY]
        moved_TS = self.strength * driven_TS + np.sqrt(1 - self.strength**2) * shock_TS
        variance_S, rest = np.full(self.symbols, VARIANCE), (1 - FOLLOWS_SHOCK - LASTS) * VARIANCE
        returns_TS = np.empty_like(moved_TS)
        for t, moved_S in enumerate(moved_TS):
            returns_TS[t] = np.sqrt(variance_S) * moved_S
            variance_S = rest + FOLLOWS_SHOCK * returns_TS[t] ** 2 + LASTS * variance_S
        floored_TS: Float = np.maximum(returns_TS, -0.5)
        return floored_TS

    def _persistent(self, stream: int, width: int) -> Float:
        """(T, width) autoregressions of variance 1."""
        values_TW = np.random.default_rng([self.seed, stream]).standard_normal((self.bars_each, width))
        values_TW[1:] *= np.sqrt(1 - self.persistence**2)
        for t in range(1, len(values_TW)):
            values_TW[t] += self.persistence * values_TW[t - 1]
        return values_TW

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        one = {"symbols": 1, "bars_each": 300, "columns": 0, "knowing": 0, "strength": 0.0, "persistence": 0.9}
        several = {"symbols": 4, "bars_each": 200, "columns": 3, "knowing": 1, "strength": 0.3, "persistence": 0.5}
        return ({**one, "correlation": 0.0, "seed": 1}, {**several, "correlation": 0.3, "seed": 2})
