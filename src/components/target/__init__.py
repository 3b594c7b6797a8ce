"""What is forecast, as an expression that looks forward; its labels are computed in `runner.compute.target`. Start
at forward_return.py.
"""
