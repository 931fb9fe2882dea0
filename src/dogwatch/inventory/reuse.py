"""Whether evidence that other extractors made is what the present ones would find: then the layer is not read again.

A layer is read again for an extractor that is new, raised or gone only where it holds a file that this one may be
about. Evidence names most paths of a layer, wanted or not, and of the rest the endings (`LayerEvidence.left_out`).
"""

from __future__ import annotations

from collections.abc import Iterable

from dogwatch.inventory.catalogue import EXTRACTORS, PROGRAM_READERS, READER_VERSION, AnyExtractor
from dogwatch.inventory.collector import FILE_ENDINGS
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.programs.reading import PROGRAM
from dogwatch.model.gaps import GapKind

_PROGRAM_ENDINGS = frozenset({"so", "exe"})


def still_holds(evidence: LayerEvidence, fingerprint: str) -> bool:
    """Say whether a layer's evidence may stand as if the present extractors had made it.

    Args:
        evidence: of the layer.
        fingerprint: of the extractors that made it (`catalogue.FINGERPRINT` as it was).
    """
    if any(gap.kind is GapKind.TOO_MANY_FILES for gap in evidence.gaps):
        return False  # it does not name them all
    made_by = dict(part.partition("=")[::2] for part in fingerprint.split(","))
    if made_by.pop("reader", "") != str(READER_VERSION):
        return False
    present = {each.name: str(each.version) for each in (*EXTRACTORS, *PROGRAM_READERS)}
    gone = made_by.keys() - present.keys()
    changed = {name for name, version in present.items() if made_by.get(name) != version}
    if gone and any(file.extractor in gone or file.extractor == PROGRAM for file in evidence.files):
        return False
    if any(reader.name in changed for reader in PROGRAM_READERS) and may_hold_programs(evidence):
        return False
    return not any(concerns(each, evidence) for each in EXTRACTORS if each.name in changed)


def concerns(extractor: AnyExtractor, evidence: LayerEvidence) -> bool:
    """Say whether a layer holds a file that an extractor wants, or may hold one."""
    endings = extractor.endings or FILE_ENDINGS
    if not endings.isdisjoint(evidence.left_out):
        return True
    return any(extractor.wants(path) for path in _paths(evidence))


def may_hold_programs(evidence: LayerEvidence) -> bool:
    """Say whether any file of a layer may be a program: by its name, as none was kept for having been none."""
    is_program = any(file.extractor == PROGRAM for file in evidence.files)
    return is_program or bool(evidence.others) or not _PROGRAM_ENDINGS.isdisjoint(evidence.left_out)


def _paths(evidence: LayerEvidence) -> Iterable[str]:
    yield from evidence.others
    yield from (file.path for file in evidence.files)
    for links in (evidence.symlinks, evidence.hard_links):
        yield from (link.path for link in links)
