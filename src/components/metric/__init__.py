"""Figures of a run, one file each: function, unit, meaning, which way is better. The formulas of inference are in
`components.statistics`; thresholds are gates. Start at sharpe.py or r2.py.
"""
