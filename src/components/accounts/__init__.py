"""One account, bar by bar: the one loop behind a backtest, trading on paper, and learning to trade."""
