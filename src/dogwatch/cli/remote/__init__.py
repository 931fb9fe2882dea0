"""A running service in place of the data folder: what commands ask goes over /api/v1.

`service` has the shape that commands ask (`cli.ports`), `wire` sends requests, `*_shapes` read answers, `problems`
makes errors of refusals, `token` reads the access key.

What the API leaves out is as empty here as it is there: where a registry's credentials are, it tells nobody. Members
that are not known here are passed over, so that an older command reads a newer service.
"""
