"""A model made of models, which looks like one; the models themselves are in `components.model`. Start at
bagging.py.
"""
