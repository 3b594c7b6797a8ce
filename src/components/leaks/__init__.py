"""Which columns of a table look into the future: tests on values alone, without an experiment; those on an
experiment are in `runner.leaks`. Start at examination.py.
"""
