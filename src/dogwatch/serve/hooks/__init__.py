"""Webhooks: where registries tell what happened. The hot path: a secret, a durable body, an answer."""
