"""What a model minimises, one value a sample, written once in torch; how it becomes a gradient is in
`components.model`. Start at squared.py.
"""
