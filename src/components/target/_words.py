"""How targets say over which bars they reach."""


def bars_ahead(skip_bars: int, horizon_bars: int) -> str:
    """As in `5 bars, from 1 bar after the decision on`."""
    over = "one bar" if horizon_bars == 1 else f"{horizon_bars} bars"
    if not skip_bars:
        return f"the next {'bar' if horizon_bars == 1 else over}"
    return f"{over}, from {skip_bars} bar{'' if skip_bars == 1 else 's'} after the decision on"
