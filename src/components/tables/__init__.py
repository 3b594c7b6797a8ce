"""Tables of strangers, read by one set of rules: container.py says what a file is, shape.py how it is written,
columns.py gives its columns, numeric.py and times.py what they hold; reading.py is bars, guess.py what all of it means.
"""
