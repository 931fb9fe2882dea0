"""What `serve` needs from the outer rooms, stated by `serve`: reads for lists, and the few changes a caller may make.

The values that cross are vocabulary (`model.views`): whoever implements a port imports only that. Unless it says
`async`, a port is called from a thread of the pool and may wait for the database.
"""

from dogwatch.serve.ports.administration import Check, OperatorDocuments, RegistryAdmin, Work
from dogwatch.serve.ports.admission import AccessKey, Credentials, HookSecrets, NoticeSink, Role
from dogwatch.serve.ports.health import Health
from dogwatch.serve.ports.views import Views
from dogwatch.serve.ports.watch import (
    AccountSwitches,
    CostViews,
    Exclusions,
    ImageDeeds,
    Lifecycle,
    RescanSettings,
    Scanning,
    Usage,
)

__all__ = [
    "AccessKey",
    "AccountSwitches",
    "Check",
    "CostViews",
    "Credentials",
    "Exclusions",
    "Health",
    "HookSecrets",
    "ImageDeeds",
    "Lifecycle",
    "NoticeSink",
    "OperatorDocuments",
    "RegistryAdmin",
    "RescanSettings",
    "Role",
    "Scanning",
    "Usage",
    "Views",
    "Work",
]
