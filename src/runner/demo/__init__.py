"""A demonstration: noise that looks good, an edge that is real, a column that knows the future.

It makes three worlds and lets the product's own commands judge them, as anybody could type them.
"""
