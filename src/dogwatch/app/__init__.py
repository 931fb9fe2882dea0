"""Rooms are handed to each other here, and here a process of Dogwatch begins and ends.

`process.build(settings)` gives an `App`; inside `with app:` everything is there. `process` is the App, made of `opened`
(what is opened and closed), `operations`, `keys`, `feed_updates`, `bundles`, `inspections` and `work`. `connections`
hands the rooms to `flow`, `feeds` chooses the feeds, `children` runs steps apart, `service` answers requests.

Imports of heavy rooms stand inside functions: a command that lists findings talks to no registry, a child that indexes
layers needs no feeds, and `serve` parses nothing.
"""
