"""Bars of a vendor brought into one file, with vendor and vintage, and what the vendor changed of them since."""
