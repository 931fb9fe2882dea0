"""Whether a layer has to be read again because the extractors are others than those that read it."""

from __future__ import annotations

import pytest

from dogwatch.inventory.catalogue import EXTRACTORS, FINGERPRINT, READER_VERSION
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.reuse import still_holds
from dogwatch.model.gaps import Gap, GapKind
from tests.builders.layers import dpkg_status, file, layer_of, stanza, symlink, tar_of

NODE = "srv/node_modules/a/package.json"


def evidence_of(*paths: str) -> LayerEvidence:
    return layer_of(tar_of(*(file(path, "x") for path in paths)), "plain").read()


def without(*names: str) -> str:
    """Return the fingerprint of a program that lacks some extractors."""
    return ",".join(part for part in FINGERPRINT.split(",") if part.partition("=")[0] not in names)


def raised(name: str) -> str:
    """Return the fingerprint of a program with another version of an extractor."""
    return ",".join(f"{name}=0" if part.startswith(f"{name}=") else part for part in FINGERPRINT.split(","))


def test_what_the_present_extractors_read_holds() -> None:
    assert still_holds(evidence_of("etc/motd", NODE), FINGERPRINT)


@pytest.mark.parametrize("made_by", [without("npm-package"), raised("npm-package"), f"{FINGERPRINT},npm-package=0"])
@pytest.mark.parametrize(
    ("paths", "holds"),
    [
        (["etc/motd", "usr/share/doc/x.txt", "opt/Cargo.lock"], True),
        ([NODE], False),
        (["srv/node_modules/a/index.json"], False),  # only its ending is known
        ([], True),
    ],
)
def test_a_new_or_raised_extractor_concerns_layers_with_files_that_it_may_want(
    made_by: str, paths: list[str], holds: bool
) -> None:
    assert still_holds(evidence_of(*paths), made_by) == holds


def test_a_link_at_a_wanted_place_counts_as_a_file_there() -> None:
    tar = tar_of(symlink("app/Cargo.lock", "../other"))
    assert not still_holds(layer_of(tar, "plain").read(), without("cargo-lock"))
    assert still_holds(layer_of(tar, "plain").read(), without("mix-lock"))


def test_what_a_former_extractor_found_does_not_hold() -> None:
    status = tar_of(file("var/lib/dpkg/status", dpkg_status(stanza("a", "1"))))
    found = layer_of(status, "plain").read()
    assert still_holds(found, f"{FINGERPRINT},former=1")
    former = LayerEvidence(files=tuple(type(one)(one.path, "former", one.found) for one in found.files))
    assert not still_holds(former, f"{FINGERPRINT},former=1")


def test_a_new_reader_of_programs_concerns_layers_whose_files_may_be_some() -> None:
    assert not still_holds(evidence_of("usr/bin/tool"), without("go-build"))
    assert not still_holds(evidence_of("usr/lib/libx.so.6"), without("go-build"))
    assert still_holds(evidence_of("etc/app.yaml", "srv/index.js"), without("go-build"))


def test_another_reader_or_evidence_that_is_not_whole_never_holds() -> None:
    other = FINGERPRINT.replace(f"reader={READER_VERSION}", f"reader={READER_VERSION - 1}")
    assert not still_holds(LayerEvidence(), other)
    assert not still_holds(LayerEvidence(), "")
    cut_short = LayerEvidence(gaps=(Gap(GapKind.TOO_MANY_FILES, "", "over the limit"),))
    assert not still_holds(cut_short, without("npm-package"))


@pytest.mark.parametrize("name", [each.name for each in EXTRACTORS])
def test_no_extractor_concerns_a_layer_without_files(name: str) -> None:
    assert still_holds(LayerEvidence(directories=("etc",), whiteouts=("etc/x",)), without(name))
