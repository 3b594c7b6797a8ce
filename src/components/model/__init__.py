"""What is fitted, and how it forecasts and becomes an ONNX graph. Losses, ensembles and preprocessing are slots of
their own. Start at ridge.py.
"""
