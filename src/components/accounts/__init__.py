"""One account, bar by bar: the one loop behind a backtest, trading on paper, and learning to trade. Which weights
are wanted is not decided here. Start at account.py; costs.py is what is charged.
"""
