"""What an experiment is, as values only; how it is read from YAML is in `runner.composition`. Start at
experiment.py.
"""
