"""Scenarios: the same run in a worse or other world, changed at one place. Gates that ask for one are in
`components.gates`; how it is computed again is in `runner.judging.scenarios`. Start at higher_costs.py.
"""
