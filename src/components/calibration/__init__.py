"""How forecasts are corrected by how earlier ones came true; never a fit of the model. Start at conformal.py for
intervals, platt.py for probabilities, `_out_of_fold.py` for what they learn from.
"""
