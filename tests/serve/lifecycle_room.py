"""Lifecycle policies for servers whose tests ask for none; those that do run over the real store."""

from __future__ import annotations

from dogwatch.model.lifecycle import LifecyclePreview, PreviewPage, PreviewQuery, StoredPolicy


class NoLifecycle:
    def set_policy(self, account_id: str, alias: str, repository: str, text: str) -> StoredPolicy:
        raise NotImplementedError

    def load_policy(self, account_id: str, alias: str, repository: str) -> StoredPolicy:
        raise NotImplementedError

    def load_policies(self, account_id: str) -> tuple[StoredPolicy, ...]:
        raise NotImplementedError

    def remove_policy(self, account_id: str, alias: str, repository: str) -> StoredPolicy:
        raise NotImplementedError

    def preview(
        self, account_id: str, alias: str, repository: str, text: str | None, *, spares_in_use: bool = True
    ) -> LifecyclePreview:
        raise NotImplementedError

    def start_preview(self, account_id: str, alias: str, repository: str, text: str | None) -> str:
        raise NotImplementedError

    def load_preview(self, account_id: str, alias: str, repository: str, query: PreviewQuery) -> PreviewPage:
        raise NotImplementedError
