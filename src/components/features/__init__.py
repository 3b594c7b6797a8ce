"""What a model may look at, as named causal expressions; the language is in `components.expressions`, the shipped
sets are YAML in conf/features/. Start at expressions.py.
"""
