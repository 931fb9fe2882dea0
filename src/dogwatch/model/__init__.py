"""The vocabulary: frozen values that every room speaks, and the error tree.

No behaviour beyond what belongs to a value; no I/O, no clock. Import from the submodules.
"""
