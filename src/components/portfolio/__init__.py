"""From forecasts to wanted weights; bounds on them are `components.constraints`, fills and costs
`components.backtest`. Start at rank_long_short.py.
"""
