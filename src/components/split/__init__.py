"""Train, validation and test spans, and where the vault begins; rows are purged in `runner.compute.purge`. Start at
walk_forward.py.
"""
