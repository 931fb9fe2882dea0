"""What is said of one image, fact by fact, for people; `images` puts it together."""

from __future__ import annotations

from dogwatch.cli.rendering import minute, plural, short_digest
from dogwatch.model.lifecycle import NOTHING_IS_DELETED
from dogwatch.model.views import ImageView


def base_text(image: ImageView) -> str:
    """Return what an image was built on: seen by its layers, or as it says itself; empty where neither is known."""
    base = image.base
    told = " ".join(part for part in (base.told.name, short_digest(base.told.digest)) if part)
    seen = f"{base.reference} (its oldest {plural(base.layers, 'layer')})" if base.layers else ""
    return "; ".join(part for part in (seen, f"it says itself: {told}" if told else "") if part)


def in_use_text(image: ImageView) -> str:
    """Return when an image was last seen running, and how often lately."""
    lately = f", {plural(image.in_use_count, 'container')} within a day" if image.in_use_count else ""
    return f"{minute(image.in_use_at)}{lately}"


def hold_text(image: ImageView) -> str:
    """Return until when an image is held, by whom and why; empty where it is not."""
    if image.hold is None:
        return ""
    return f"until {minute(image.hold.until)} by {image.hold.by}: {image.hold.reason}"


def proposal_text(image: ImageView) -> str:
    """Return what lifecycle rules would do with an image; empty where it stays."""
    if image.proposal is None:
        return ""
    as_of = minute(image.proposal.evaluated_at)
    return f"{image.proposal.sentence} (as of {as_of}; {NOTHING_IS_DELETED})"
