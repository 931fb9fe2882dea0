"""Dogwatch keeps watch over container images in any OCI registry.

`model` holds the vocabulary, `app` hands the rooms to each other; docs/architecture.md draws the map.
"""

__version__ = "0.1.0"
