"""From a command line to a checked experiment: compose, check, build, and the points of a sweep; no data is read.
Start at configure.py.
"""
