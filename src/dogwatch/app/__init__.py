"""Rooms are handed to each other here, and here a process of Dogwatch begins and ends.

`build(settings)` gives an `App`; inside `with app:` everything is connected. `process` is the App, made of `opened`
(what is opened and closed), `operations`, `keys`, `feed_updates`, `bundles`, `inspections` and `work`. `connections`
hands the rooms to `flow`, `feeds` chooses the feeds, `children` runs steps apart, `service` answers requests.

Imports of heavy rooms stand inside functions: a child that indexes layers needs no feeds, and `serve` parses nothing.
"""

from __future__ import annotations

from dogwatch.app.process import App, build

__all__ = ["App", "build"]
