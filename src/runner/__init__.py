"""How an experiment is composed, checked, executed, recorded, judged and promoted; it knows contracts, no concrete
component. Start at run.py, one experiment on one screen.
"""
