"""Names and numbers that several files of this folder, and its users, share."""

from __future__ import annotations

DATABASE_NAME = "dogwatch"
ROLE_NAME = "dogwatch"
# PostgreSQL's own superuser. Nobody can log in as it: the map below names the role above only.
SUPERUSER_NAME = "postgres"
# No TCP port: it is only a part of the socket's file name.
PORT = 5432
POSTGRESQL_MAJOR = 18
