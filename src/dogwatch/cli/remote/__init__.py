"""A running service in place of the data folder: what commands ask goes over /api/v1.

`service` has the shape that commands ask (`cli.ports`), `wire` sends requests, `shapes` reads answers, `problems` makes
errors of refusals, `token` reads the access key.
"""
