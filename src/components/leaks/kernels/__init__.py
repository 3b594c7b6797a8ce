"""Compiled loops over the rows of cells: a cell is the rows of one symbol in one block of time."""
