"""From forecasts and returns to a verdict: figures, evidence, gates."""
