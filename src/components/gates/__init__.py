"""Named checks with a threshold that together make the verdict; what they look at is gathered in `runner.judging`.
Start at metric.py.
"""
