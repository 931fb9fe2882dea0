"""The embedded PostgreSQL: started when somebody needs it, stopped when nobody does, whatever dies in between.

    with EmbeddedServer(Path("/var/lib/dogwatch")).session() as address:
        ...  # a URI for libpq; other processes may do the same at the same time

How it works, in five rules:

1. *Users* hold a shared `flock` on `users.lock`. The kernel drops it when they die, so the count survives `kill -9`.
2. A *guardian*, a small process of ours and the server's parent, waits for the exclusive lock on the same file. It gets
   it when the last user is gone, stops the server, and ends. A user who leaves in good order and is the last does the
   same himself, so that leaving means stopped; the guardian is there for those who cannot. Chosen over a death signal
   to the server (which knows one parent, not many users) and over the next user cleaning up (there may be none).
   A server that ends while it has users is started again by its guardian, at the same address: their connections break
   once. Between repeated deaths it waits, longer each time up to a limit (`restarts`).
3. The guardian holds `guardian.lock`, handed to it by whoever started it, so there is never more than one. A server
   whose guardian was killed runs on; the next user gives it a new one.
4. Every process of the server inherits `server.lock`. Nobody starts a server, or makes a cluster, before the last
   process of the one before is gone.
5. A server counts as running when the very process that `server.json` names lives (id, start time, boot) and answers at
   its socket. `postmaster.pid` is never believed about a process, and nothing is signalled that was not recognised.

A child that a user forks without exec shares the user's lock; it counts until it ends. What lives here: process,
folder, rights. What does not: tables (`store.migrations`) and connections. Called by `app` and by the tests' fixtures.
Linux only.
"""

from dogwatch.store.embedded.names import DATABASE_NAME, ROLE_NAME
from dogwatch.store.embedded.server import EmbeddedServer

__all__ = ["DATABASE_NAME", "ROLE_NAME", "EmbeddedServer"]
