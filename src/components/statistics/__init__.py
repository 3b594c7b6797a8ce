"""Statistical inference on forecasts, returns and trials: pure functions, own implementations. What a run shows of
it is in `components.metric` and `components.gates`. Start at sharpe.py or comparison.py.
"""
