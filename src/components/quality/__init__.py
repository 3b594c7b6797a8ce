"""What is done about defects of the bars: refused, mended or reported, each check by its own policy. Start at
standard.py.
"""
