"""The demonstration: a small registry with three sample images and a sample of advisories, for who has nothing yet.

Imports only `model`; `app` wires it. What is here is a sample and says so: its feeds are named `sample`, its registry
`demonstration`.
"""

from __future__ import annotations

from dogwatch.demonstration.advisories import NEWS_ID
from dogwatch.demonstration.feeds import FeedsWithSample
from dogwatch.demonstration.folder import ALIAS, DemonstrationFolder, News, Webhook
from dogwatch.demonstration.notifications import Notifications
from dogwatch.demonstration.registry import SampleRegistry
from dogwatch.demonstration.samples import SampleImage, build_samples
from dogwatch.demonstration.stage import Demonstration

__all__ = [
    "ALIAS",
    "NEWS_ID",
    "Demonstration",
    "DemonstrationFolder",
    "FeedsWithSample",
    "News",
    "Notifications",
    "SampleImage",
    "SampleRegistry",
    "Webhook",
    "build_samples",
]
