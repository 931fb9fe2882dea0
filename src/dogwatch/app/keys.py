"""Access keys of the account; they stand in a file and need no database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dogwatch.app.opened import Opened

if TYPE_CHECKING:
    from pathlib import Path

    from dogwatch.serve.ports import AccessKey


class AccessKeys(Opened):
    """The account's access keys."""

    def add_access_key(self, role: str) -> AccessKey:
        """Make an access key for the settings' account; needs no database, as the other two."""
        from dogwatch.serve.access_keys import create_access_key
        from dogwatch.serve.ports import Role

        self._make_data_folder()
        return create_access_key(self.access_key_file, self.settings.account, Role(role))

    def access_keys(self) -> tuple[AccessKey, ...]:
        """Return the account's access keys, by id."""
        from dogwatch.serve.access_keys import AccessKeyFile

        keys = AccessKeyFile(self.access_key_file).load()
        return tuple(key for _, key in sorted(keys.items()) if key.account_id == self.settings.account)

    def remove_access_key(self, access_key_id: str) -> None:
        """Take one of the account's access keys away.

        Raises:
            NotFoundError: the account has no such key.
        """
        from dogwatch.serve.access_keys import remove_access_key

        remove_access_key(self.access_key_file, self.settings.account, access_key_id)

    @property
    def access_key_file(self) -> Path:
        """Where access keys stand."""
        from dogwatch.serve.access_keys import FILE_NAME

        return self.settings.data / FILE_NAME
