"""Files as people have them, written anew by every test, each with what it says.

`vendors` writes what data vendors and programs write, `odd` honest files with one peculiarity each, `bad` files that
nobody can read without guessing. What stands in a file is known before it is written: nothing here reads a file.
`outcomes` says what the product made of one. `python tools/shapes.py` counts.
"""
