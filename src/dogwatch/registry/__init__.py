"""Talk to registries: read manifests and blobs, understand their events, list what they hold. One adapter per kind.

No decisions about images and nothing stored here; `flow` decides and `app` hands this room to it. Import from the
submodules.
"""
