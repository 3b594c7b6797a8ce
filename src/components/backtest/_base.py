"""The backtest that every choice of this slot is, apart from what a fill costs in market impact."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

from components.accounts.account import Account, Terms, advance
from components.backtest._market import decision_bars, endings, open_market
from components.backtest._records import equity_frame, trades_frame
from components.contracts import Backtest
from components.errors import ContractError
from components.ranges import Ge, Gt, Interval
from components.values import BacktestResult, Float, PriceGrid, Time

SMALL: Mapping[str, Any] = {
    "capital": 1_000_000.0,
    "execution_lag_bars": 1,
    "price": "close",
    "cost_bps": 5.0,
    "borrow_bps_annual": 50.0,
    "financing_bps_annual": 300.0,
    "cash_bps_annual": 0.0,
    "rebalance_band": 0.0,
    "delisting_bars": 5,
    "delisting_haircut": 0.0,
}
"""An example of the parameters that every backtest here has."""


@dataclass(frozen=True, kw_only=True)
class SimulatedBacktest(Backtest):
    """A bar-by-bar simulation of one account; `run` says how.

    capital: at the start, currency.
    execution_lag_bars: bars between a decision and its fill.
    price: where on its bar a fill happens.
    cost_bps: commission and half spread, basis points of what is traded, per side.
    borrow_bps_annual: paid on the value of short positions.
    financing_bps_annual: paid on negative cash.
    cash_bps_annual: earned on positive cash, proceeds of short sales included.
    rebalance_band: a symbol is traded only where target and drifted weight differ by more, as a fraction
    of equity; a target of 0 is always traded.
    delisting_bars: a symbol without a close on so many last bars of the prices, or more, is taken as delisted after
    its last one. Fewer may be a halt, or a vendor who is late; calendars with longer pauses need more.
    delisting_haircut: fraction of its last close that a long position loses, and a short one pays, at a delisting.
    """

    capital: Annotated[float, Gt(0)]
    execution_lag_bars: Annotated[int, Ge(1)]
    price: Literal["close", "open"]
    cost_bps: Annotated[float, Ge(0)]
    borrow_bps_annual: Annotated[float, Ge(0)]
    financing_bps_annual: Annotated[float, Ge(0)]
    cash_bps_annual: Annotated[float, Ge(0)]
    rebalance_band: Annotated[float, Ge(0)]
    delisting_bars: Annotated[int, Ge(1)]
    delisting_haircut: Annotated[float, Interval(ge=0, le=1)]

    @abstractmethod
    def impact(self, prices: PriceGrid) -> Float | None:
        """(T, S) impact of a fill on each bar, as a fraction of its notional per sqrt(notional).

        NaN where it is unknown, and the symbol therefore cannot be traded; None for no impact.
        """

    def fields(self) -> tuple[str, ...]:
        return ("close",) if self.price == "close" else ("close", self.price)

    def run(self, decided_D: Time, weights_DS: Float, prices: PriceGrid) -> BacktestResult:
        """Trades towards weights_DS[d] at bar d + execution_lag_bars, pays costs, marks at the close.

        On every bar from the first decision's to the last, in this order:
        1. Interest accrues on the balances held since the bar before, by elapsed time / 365.25 days.
        2. A position in a symbol that is delisted is closed on the bar after the symbol's last, at its last close,
           worse by delisting_haircut, at no further cost. Nothing is closed where that last bar is the last of all.
        3. Fills: quantity = weight * equity / price - units held, equity at the prices of the fill and
           before its costs, which are paid from cash. A symbol without a positive price on the bar is
           not traded: its order lapses and its units stay, marked at the last known close.
        4. Marks: equity = cash + units * last known close. At or below 0 the account is ruined: it is
           sold out at the marks at no further cost, and stays flat (column `ruined`).

        Between fills units stay, so weights drift; nothing is closed at the end; a decision whose fill
        lies beyond the last bar is not executed. equity = capital + gains + interest - costs.

        No bar depends on later ones, but for one fact: which symbols are delisted is known from the bar after
        their last on, as it is to who trades. prices.ended_S tells it; where that is None, `endings` judges.

        equity has the columns of BacktestResult, `interest` (earned), `delisted` (positions closed so) and
        `ruined`; its first return is 0. trades also has `cause`: order, delisting or ruin; what no order
        caused is decided on its own bar. holdings_TS has the rows of equity.

        Raises ContractError if a decision is no bar, a weight is not finite or a field is missing.
        """
        missing = [name for name in self.fields() if name not in prices.fields]
        if missing:
            raise ContractError(f"the prices lack {missing[0]}, a field that this backtest declares")
        bars_D = decision_bars(decided_D, weights_DS, prices)
        impact_TS = self.impact(prices)
        times_T, market = open_market(
            bars_D,
            weights_DS,
            prices,
            lag_bars=self.execution_lag_bars,
            price=self.price,
            impact_TS=impact_TS,
            ended_S=self.endings(prices) if prices.ended_S is None else prices.ended_S,
        )
        _, record = advance(self._terms(), Account.opened(self.capital, len(prices.symbols)), market)
        has = impact_TS is not None
        return BacktestResult(
            equity=equity_frame(times_T, record.book, self.capital, with_impact=has),
            trades=trades_frame(
                times_T, prices.symbols, record.trades, lag_bars=self.execution_lag_bars, with_impact=has
            ),
            holdings_TS=record.units_TS,
        )

    def endings(self, prices: PriceGrid) -> Time:
        return endings(prices, self.delisting_bars)

    def later(self, bars: int) -> Self:
        return replace(self, execution_lag_bars=self.execution_lag_bars + bars)

    def costlier(self, factor: float) -> Self:
        """The same account with every cost times the factor; what cash earns and what a delisting takes stay."""
        return replace(
            self,
            cost_bps=factor * self.cost_bps,
            borrow_bps_annual=factor * self.borrow_bps_annual,
            financing_bps_annual=factor * self.financing_bps_annual,
        )

    def _terms(self) -> Terms:
        return Terms(
            cost_bps=self.cost_bps,
            borrow_bps_annual=self.borrow_bps_annual,
            financing_bps_annual=self.financing_bps_annual,
            cash_bps_annual=self.cash_bps_annual,
            rebalance_band=self.rebalance_band,
            delisting_haircut=self.delisting_haircut,
        )
