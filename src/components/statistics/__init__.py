"""Statistical inference on forecasts, returns and trials: pure functions, own implementations."""
