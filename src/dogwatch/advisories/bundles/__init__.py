"""Bundles: what is known of every feed in one signed file, to be carried to a place without a network.

`layout` says what the file looks like, `keys` reads keys, `writing` and `reading` do the work; `carrier` is the door.
Knows nothing of the store (`flow` hands the records over) and nothing of when.
"""

from __future__ import annotations

from dogwatch.advisories.bundles.carrier import BundleCarrier

__all__ = ["BundleCarrier"]
