"""Benchmarks: how far the product gets on this machine. `./dev bench` runs them and writes `docs/benchmarks.md`.

One subject per file in `subjects`, listed in `catalogue`. Nothing here decides whether a figure is good enough.
"""
