"""The JSON API under /api/v1: findings, images, coverage, windows, registries, feeds."""
