"""Leak tests on an experiment: the future is cut off, poisoned, rescaled and shuffled, and nothing may notice.

Every stage is a pure function, so each is tested alone, on the inputs that it had in the run: what it says
about the past must not move when the future does. A leak is thus named with the stage that lets it in.
"""
