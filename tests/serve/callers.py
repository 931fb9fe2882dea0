"""Who asks the server: accounts and the access keys of their roles, and the secret of a webhook."""

from __future__ import annotations

from dogwatch.serve.ports import AccessKey, Role

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "999999999999"
ADMIN = AccessKey("DOGWADMIN0000000", "admin-secret-of-forty-characters-0000000", ACCOUNT, Role.ADMIN)
READER = AccessKey("DOGWREADER000000", "reader-secret-of-forty-characters-000000", ACCOUNT, Role.READER)
OPERATOR = AccessKey("DOGWOPERATOR0000", "operator-secret-of-forty-characters-0000", ACCOUNT, Role.OPERATOR)
STRANGER = AccessKey("DOGWSTRANGER0000", "other-secret-of-forty-characters-0000000", OTHER_ACCOUNT, Role.ADMIN)
HOOK_SECRET = "hook-secret"
