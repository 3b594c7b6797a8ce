"""What is done to features, learnt on a fold's train rows alone. Start at zscore.py; chain.py puts several
together.
"""
