"""From forecasts and returns to a verdict: metrics, evidence, scenarios, tries, gates. Promotion is a room of its
own. Start at judge.py.
"""
