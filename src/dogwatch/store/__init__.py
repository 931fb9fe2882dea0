"""PostgreSQL: the embedded server, migrations, named queries, the join, the view.

SQL is written as SQL in `queries/*.sql`; the classes here run it and turn rows into `model` values at the edge. Knows
the pure rooms; knows nothing of registries, feeds, HTTP or jobs.
"""
