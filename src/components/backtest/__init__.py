"""Accounts: what target weights would have earned, costs included. The account itself, bar by bar, is in
`components.accounts`; what a portfolio wants is no business of it. Start at linear_costs.py.
"""
