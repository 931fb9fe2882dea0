"""Look at a thing once: an image, a folder, a bill of materials → what it contains. Nothing becomes watched by it.

What is read of a layer is kept as for watched images, so that nobody reads it again. Called by `app`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Protocol

from dogwatch.flow.evidence import keep_evidence, load_kept_evidence
from dogwatch.flow.progress import CountedReader
from dogwatch.flow.root_folder import read_folder
from dogwatch.inventory.bills.merging import merge_attachments
from dogwatch.inventory.bills.reading import BILL_BYTES_MAX, read_bill
from dogwatch.inventory.build import InventoryOutcome, build_inventory
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.layer import BlobReader, read_layer
from dogwatch.inventory.package_urls import write_package_url
from dogwatch.model.bills import Attachments
from dogwatch.model.errors import InvalidRequestError, LimitExceededError, NotFoundError
from dogwatch.model.images import NO_BASE, BaseImage, Layer, Platform, ResolvedImage, digest_of
from dogwatch.model.judgements import Examined, Place, PlacedPackage, Subject, SubjectKind
from dogwatch.model.packages import Package
from dogwatch.model.progress import Progress, Tell
from dogwatch.model.targets import Target, TargetKind

if TYPE_CHECKING:
    from dogwatch.flow.ports import EvidenceStore

_NO_LAYER = Layer("", "", "", 0)
"""What packages of a folder stand in."""


class OpenedImage(Protocol):
    """An image that can be read, wherever it is."""

    @property
    def resolved(self) -> ResolvedImage:
        """Its manifest and config."""

    @property
    def reading_order(self) -> tuple[Layer, ...]:
        """Its layers as they are best read."""

    def attachments(self) -> Attachments:
        """Fetch what may be bills of materials and is attached to it."""

    def open_layer(self, layer: Layer) -> AbstractContextManager[BlobReader]:
        """Open a layer's blob as a stream.

        Raises:
            RegistryError, ContentError: on opening and on reading.
        """


@dataclass(frozen=True, slots=True)
class Reading:
    """What an examination works with.

    `locate` finds out where an image that a bare reference names is; `open_image` opens it there; `find_base` knows
    what it was built on, of the images that are watched. Evidence of layers is kept for an account, as read at `now`.
    """

    locate: Callable[[Target], Target]
    open_image: Callable[[Target], AbstractContextManager[OpenedImage]]
    find_base: Callable[[ResolvedImage], BaseImage]
    evidence: EvidenceStore
    account_id: str
    now: datetime
    tell: Tell


def examine(reading: Reading, target: Target) -> Examined:
    """Find out what a target contains. Runs in a child process, for it reads what anybody may have written.

    Raises:
        DogwatchError: it cannot be had or read.
    """
    if target.kind is TargetKind.FOLDER:
        reading.tell(Progress(f"walking {target.name}"))
        return examine_folder(Path(target.name).expanduser(), str(target))
    if target.kind is TargetKind.BILL:
        return examine_bill(Path(target.name).expanduser(), str(target))
    place = reading.locate(target)
    if target.with_bills and place.kind is not TargetKind.REGISTRY:
        raise InvalidRequestError("sboms", f"are attached to images in registries; {place} is none")
    reading.tell(Progress(f"opening {place}"))
    with reading.open_image(place) as image:
        examined = examine_image(image, str(place), reading)
        if not target.with_bills:
            return examined
        reading.tell(Progress("asking for attached bills of materials"))
        return merge_attachments(examined, image.attachments())


def examine_image(image: OpenedImage, name: str, reading: Reading) -> Examined:
    """Read the layers of an image that were never read, and return what all together contain.

    Raises:
        RegistryError, ContentError: a layer cannot be had or read to its end.
    """
    resolved = image.resolved
    evidence = load_kept_evidence(reading.evidence, reading.account_id, resolved.layers)
    for number, layer in enumerate(image.reading_order, start=1):
        key = layer.digest, layer.diff_id
        if key not in evidence:
            activity = f"reading layer {number} of {len(resolved.layers)}"
            evidence[key] = _read(image, layer, activity, reading)
    ordered = [evidence[layer.digest, layer.diff_id] for layer in resolved.layers]
    outcome = build_inventory(ordered, resolved.config.platform)
    subject = Subject(SubjectKind.IMAGE, name, resolved.digest, str(resolved.config.platform), _distribution(outcome))
    base = reading.find_base(resolved)
    inventory = outcome.inventory
    return Examined(
        subject,
        _placed(outcome, resolved.layers, base),
        inventory.gaps,
        tuple(layer.digest for layer in resolved.layers),
        inventory.distribution,
        base,
    )


def _read(image: OpenedImage, layer: Layer, activity: str, reading: Reading) -> LayerEvidence:
    with image.open_layer(layer) as blob:
        found = read_layer(
            CountedReader(blob, reading.tell, activity, layer.size_bytes), layer, make_spool=TemporaryFile
        )
    keep_evidence(reading.evidence, reading.account_id, layer, found, reading.now)
    return found


def examine_folder(folder: Path, name: str) -> Examined:
    """Walk a folder and return what it contains.

    Raises:
        NotFoundError: no such folder.
        LimitExceededError: more entries than the limits allow.
    """
    outcome = build_inventory([read_folder(folder)], Platform("linux", ""))
    return Examined(
        Subject(SubjectKind.FOLDER, name, distribution=_distribution(outcome)),
        _placed(outcome, (_NO_LAYER,)),
        outcome.inventory.gaps,
        system=outcome.inventory.distribution,
    )


def examine_bill(path: Path, name: str) -> Examined:
    """Read a bill of materials and return what it lists.

    Raises:
        NotFoundError, InvalidRequestError: the file is not there, or cannot be read.
        ContentError: it is no bill of materials that we read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(BILL_BYTES_MAX + 1)
    except FileNotFoundError as error:
        raise NotFoundError("file", str(path)) from error
    except OSError as error:
        raise InvalidRequestError("sbom", f"{path}: {error.strerror}") from error
    if len(content) > BILL_BYTES_MAX:
        raise LimitExceededError(str(path), "BILL_BYTES_MAX", BILL_BYTES_MAX, "bytes")
    bill = read_bill(content, str(path))
    packages = tuple(PlacedPackage(one, write_package_url(one)) for one in bill.packages)
    return Examined(Subject(SubjectKind.BILL, name, digest_of(content)), packages, bill.gaps)


def _placed(outcome: InventoryOutcome, layers: Sequence[Layer], base: BaseImage = NO_BASE) -> tuple[PlacedPackage, ...]:
    places: dict[Package, list[Place]] = defaultdict(list)
    for one in outcome.provenance:
        layer = layers[one.layer_ordinal]
        from_base = one.layer_ordinal < base.layers if base.layers else None
        places[one.package].append(Place(layer.digest, one.paths, layer.created_by, from_base))
    packages = sorted({package for each in outcome.inventory.sets for package in each.packages})
    return tuple(PlacedPackage(one, write_package_url(one), tuple(places[one])) for one in packages)


def _distribution(outcome: InventoryOutcome) -> str:
    found = outcome.inventory.distribution
    return found.pretty_name if found else ""
