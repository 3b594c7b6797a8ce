"""Where bars come from: files, databases, services, and sources made of sources. What is done about defects is in
`components.quality`. Start at files.py.
"""
