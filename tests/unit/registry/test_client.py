from __future__ import annotations

import pytest

from dogwatch.model.errors import (
    DigestMismatchError,
    ImageGoneError,
    InvalidRequestError,
    LimitExceededError,
    RegistryRefusedError,
)
from dogwatch.model.images import Descriptor, digest_of
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.manifests import FetchedManifest
from dogwatch.registry.media_types import ACCEPT, is_image_layer
from tests.builders.oci import OCI_MANIFEST, BuiltManifest, build_image, layer_tar
from tests.simulators.faults import WEB_PAGE, Reply, broken_after, lying_about
from tests.simulators.registry import RegistrySimulator


@pytest.fixture
def image(simulator: RegistrySimulator) -> BuiltManifest:
    built = build_image([layer_tar({"etc/motd": b"hello" * 40_000})], compression="none")
    simulator.add("team/app", built, "1.0")
    return built


def blob_of(image: BuiltManifest, position: int = 1) -> Descriptor:
    blob = image.blobs[position]
    return Descriptor(blob.media_type, blob.digest, len(blob.content))


def read_blob(client: RegistryClient, descriptor: Descriptor) -> bytes:
    with client.open_blob("team/app", descriptor) as reader:
        return reader.read()


def test_a_manifest_by_tag_is_known_by_the_digest_of_its_bytes(client: RegistryClient, image: BuiltManifest) -> None:
    fetched = client.manifest("team/app", "1.0")

    assert fetched == FetchedManifest(image.content, OCI_MANIFEST, image.digest)


def test_a_manifest_is_asked_for_in_all_four_forms_under_our_own_name(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    client.manifest("team/app", image.digest)

    (request,) = simulator.requests
    sent = {name: request.headers[name] for name in ("accept", "user-agent", "accept-encoding")}
    assert sent == {"accept": ACCEPT, "user-agent": "dogwatch/0.1.0", "accept-encoding": "identity"}
    assert ACCEPT.count("application/vnd.docker.distribution.manifest") == 2
    assert ACCEPT.count("application/vnd.oci.image") == 2


def test_a_sha512_reference_is_verified_with_sha512(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    digest = digest_of(image.content, "sha512")
    simulator.manifests["team/app"][digest] = (OCI_MANIFEST, image.content)

    assert client.manifest("team/app", digest).digest == digest


def test_a_lying_digest_header_is_not_believed(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", lying_about(digest_of(b"something else")))

    assert client.manifest("team/app", "1.0").digest == image.digest


def test_other_bytes_under_the_asked_digest_are_refused(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", Reply(200, {"content-type": OCI_MANIFEST}, b'{"schemaVersion":2}'))

    with pytest.raises(DigestMismatchError) as caught:
        client.manifest("team/app", image.digest)
    assert caught.value.fields == {
        "what": "manifest in team/app",
        "expected": image.digest,
        "actual": digest_of(b'{"schemaVersion":2}'),
    }


def test_head_tells_what_a_tag_stands_for_or_that_it_is_gone(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    assert client.head_manifest("team/app", "1.0") == image.digest
    assert client.head_manifest("team/app", "2.0") is None
    assert simulator.seen("GET") == []


def test_a_head_without_a_digest_is_followed_by_reading_the_bytes(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", lambda request, honest: Reply(200, {}, honest.body), method="HEAD")

    assert client.head_manifest("team/app", "1.0") == image.digest


def test_a_tag_that_is_gone_before_its_bytes_are_read_is_gone(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", Reply(200), method="HEAD")
    simulator.fault("/manifests/", Reply(404))

    assert client.head_manifest("team/app", "1.0") is None


def test_what_is_not_there_is_gone_and_what_is_a_web_page_is_not(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    with pytest.raises(ImageGoneError) as caught:
        client.manifest("team/app", "2.0")
    assert caught.value.fields == {"repository": "team/app", "reference": "2.0"}

    simulator.fault("/manifests/", Reply(404, WEB_PAGE.headers, WEB_PAGE.body))
    with pytest.raises(RegistryRefusedError, match="404: a web page"):
        client.manifest("team/app", "2.0")
    simulator.fault("/manifests/", Reply(404, WEB_PAGE.headers), method="HEAD")
    with pytest.raises(RegistryRefusedError, match="404: a web page"):
        client.head_manifest("team/app", "2.0")


@pytest.mark.parametrize(
    "repository", ["../../etc", "a//b", "a/../b", "a b", "a?x=1", "", "a#b", "a/%2e%2e/b", "x" * 256]
)
def test_a_name_that_is_no_repository_never_becomes_an_address(
    simulator: RegistrySimulator, client: RegistryClient, repository: str
) -> None:
    with pytest.raises(InvalidRequestError):
        client.manifest(repository, "latest")
    with pytest.raises(InvalidRequestError):
        list(client.tags(repository))
    assert simulator.requests == []


@pytest.mark.parametrize("reference", ["", "a/b", "..", "sha256:abc", "md5:" + "0" * 32, "a?b", "x" * 129])
def test_a_text_that_is_no_reference_never_becomes_an_address(
    simulator: RegistrySimulator, client: RegistryClient, reference: str
) -> None:
    with pytest.raises(InvalidRequestError):
        client.manifest("team/app", reference)
    assert simulator.requests == []


def test_a_manifest_over_the_limit_is_not_read_to_its_end(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    huge = b'{"x":"' + b"y" * (5 * 1024 * 1024) + b'"}'
    simulator.fault("/manifests/", Reply(200, {"content-type": OCI_MANIFEST}, huge))

    with pytest.raises(LimitExceededError) as caught:
        client.manifest("team/app", "1.0")
    assert (caught.value.fields["limit"], caught.value.fields["allowed"]) == ("manifest_bytes", 4 * 1024 * 1024)
    assert len(simulator.requests) == 1


def test_a_config_over_the_limit_is_not_even_asked_for(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    descriptor = Descriptor("application/json", digest_of(b""), 9 * 1024 * 1024)

    with pytest.raises(LimitExceededError):
        client.config("team/app", descriptor)
    assert simulator.requests == []


def test_a_config_is_verified(simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest) -> None:
    assert client.config("team/app", blob_of(image, 0)) == image.blobs[0].content

    simulator.blobs[image.blobs[0].digest] = b"{}"
    with pytest.raises(DigestMismatchError):
        client.config("team/app", blob_of(image, 0))


def test_a_blob_streams_whole_and_in_pieces(client: RegistryClient, image: BuiltManifest) -> None:
    content = image.blobs[1].content

    assert read_blob(client, blob_of(image)) == content
    with client.open_blob("team/app", blob_of(image)) as reader:
        pieces = list(iter(lambda: reader.read(7001), b""))
    assert (b"".join(pieces), max(map(len, pieces))) == (content, 7001)


def test_an_empty_blob_is_read_as_empty(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.blobs[digest_of(b"")] = b""

    assert read_blob(client, Descriptor("", digest_of(b""), 0)) == b""


def test_a_broken_blob_is_taken_up_where_it_broke(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/blobs/", broken_after(70_001), times=2)

    assert read_blob(client, blob_of(image)) == image.blobs[1].content
    ranges = [request.headers.get("range") for request in simulator.requests]
    assert ranges == [None, "bytes=70001-", "bytes=140002-"]


def test_a_registry_without_ranges_is_read_anew_and_skipped_forward(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/blobs/", broken_after(70_001), times=1)
    simulator.fault("/blobs/", Reply(200, {}, image.blobs[1].content))

    assert read_blob(client, blob_of(image)) == image.blobs[1].content


def test_a_break_that_looks_like_an_end_is_taken_up_too(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/blobs/", Reply(200, {}, image.blobs[1].content[:70_001], stated_bytes=-1), times=1)

    assert read_blob(client, blob_of(image)) == image.blobs[1].content


def test_a_range_that_was_not_asked_for_is_refused(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    def shifted(request: object, honest: Reply) -> Reply:
        return Reply(206, {"content-range": "bytes 5-9/10"}, b"xxxxx")

    simulator.fault("/blobs/", broken_after(70_001), times=1)
    simulator.fault("/blobs/", shifted)

    with pytest.raises(RegistryRefusedError, match="range that was not asked for"):
        read_blob(client, blob_of(image))


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_blob_of_another_size_than_its_descriptor_says_is_refused(
    client: RegistryClient, image: BuiltManifest, difference: int
) -> None:
    told = blob_of(image)

    with pytest.raises(DigestMismatchError, match="size of blob"):
        read_blob(client, Descriptor(told.media_type, told.digest, told.size_bytes + difference))


def test_an_endless_blob_ends_at_its_descriptors_size(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    content = image.blobs[1].content
    told = blob_of(image)
    chunked = Reply(
        200, {"transfer-encoding": "chunked"}, b"%x\r\n%s\r\n0\r\n\r\n" % (len(content) + 3, content + b"xxx")
    )
    simulator.fault("/blobs/", chunked)

    with pytest.raises(DigestMismatchError, match=f"more than {told.size_bytes} bytes"):
        read_blob(client, told)


def test_a_blob_that_is_not_there_is_gone(client: RegistryClient, image: BuiltManifest) -> None:
    with pytest.raises(ImageGoneError):
        read_blob(client, Descriptor("", digest_of(b"never stored"), 12))


def test_leaving_a_blob_unread_closes_its_connection_and_harms_nothing(
    client: RegistryClient, image: BuiltManifest
) -> None:
    readers = []
    for _ in range(20):
        with client.open_blob("team/app", blob_of(image)) as reader:
            readers.append(reader)
            assert len(reader.read(10)) == 10
    assert all(reader.closed for reader in readers)
    assert read_blob(client, blob_of(image)) == image.blobs[1].content


def test_an_answer_in_a_coding_that_was_not_asked_for_is_refused(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("", Reply(200, {"content-encoding": "gzip"}, b"\x1f\x8b"))

    with pytest.raises(RegistryRefusedError, match="content encoding"):
        client.manifest("team/app", "1.0")


def test_names_come_page_by_page_each_once(simulator: RegistrySimulator, client: RegistryClient) -> None:
    image = build_image()
    names = [f"team/app-{number:02}" for number in range(7)]
    for name in names:
        simulator.add(name, image, *[f"v{number}" for number in range(5)])
    simulator.page_names = 2

    assert list(client.catalog()) == names
    assert list(client.tags(names[0])) == ["v0", "v1", "v2", "v3", "v4"]
    assert len(simulator.seen(path="_catalog")) == 4


def test_a_repository_without_tags_has_none(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.add("team/app", build_image())

    assert list(client.tags("team/app")) == []


def test_names_that_are_none_are_left_out_of_the_catalogue(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    simulator.fault("_catalog", Reply(200, {}, b'{"repositories":["good","../bad",7,null,"also/good","a b"]}'))

    assert list(client.catalog()) == ["good", "also/good"]


def test_an_endless_catalogue_ends_at_the_limit_of_pages(
    simulator: RegistrySimulator, quick_limits: ClientLimits
) -> None:
    def endless(request: object, honest: Reply) -> Reply:
        count = len(simulator.requests)
        body = b'{"repositories":["r%d"]}' % count
        return Reply(200, {"link": f'</v2/_catalog?last=r{count}>; rel="next"'}, body)

    simulator.fault("_catalog", endless)
    limits = ClientLimits(pages=20)

    with (
        RegistryClient(simulator.access, {}, "dogwatch/0", limits) as client,
        pytest.raises(LimitExceededError, match="pages of 20"),
    ):
        list(client.catalog())
    assert len(simulator.requests) == 20


def test_a_catalogue_of_too_many_names_ends_at_the_limit_of_names(simulator: RegistrySimulator) -> None:
    names = ",".join(f'"r{number}"' for number in range(50))
    simulator.fault("_catalog", Reply(200, {}, b'{"repositories":[%s]}' % names.encode()))

    with (
        RegistryClient(simulator.access, {}, "dogwatch/0", ClientLimits(names=10)) as client,
        pytest.raises(LimitExceededError, match="names of 10"),
    ):
        list(client.catalog())


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ('</v2/_catalog?n=500>; rel="next"', "circles"),
        ('</v2/other>; rel="next"', "elsewhere"),
        ('<http://[::zz]/v2/_catalog>; rel="next"', "unusable next page"),
    ],
)
def test_pages_that_lead_astray_are_refused(
    simulator: RegistrySimulator, client: RegistryClient, link: str, words: str
) -> None:
    simulator.fault("_catalog", Reply(200, {"link": link}, b'{"repositories":["a"]}'))

    with pytest.raises(RegistryRefusedError, match=words):
        list(client.catalog())
    assert len(simulator.requests) == 1


def test_a_next_page_under_the_registrys_other_name_is_asked_where_the_first_one_was(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    link = '<http://registry.internal:80/v2/_catalog?last=a>; rel="next"'
    simulator.fault("_catalog", Reply(200, {"link": link}, b'{"repositories":["a"]}'), times=1)
    simulator.fault("_catalog", Reply(200, {}, b'{"repositories":["b"]}'))

    assert list(client.catalog()) == ["a", "b"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"repositories":7}', b"{}", b"\xff", b"[" * 100_000])
def test_a_catalogue_that_is_no_such_document_is_refused(
    simulator: RegistrySimulator, client: RegistryClient, body: bytes
) -> None:
    simulator.fault("_catalog", Reply(200, {}, body))

    with pytest.raises(RegistryRefusedError):
        list(client.catalog())


def test_a_registry_below_a_path_is_asked_below_that_path(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest
) -> None:
    access = type(simulator.access)(simulator.url + "/prefix/")
    simulator.fault("^/prefix/v2/team/app/manifests/1.0$", Reply(200, {"content-type": OCI_MANIFEST}, image.content))

    with RegistryClient(access, {}, "dogwatch/0", quick_limits) as client:
        assert client.manifest("team/app", "1.0").digest == image.digest


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.oci.image.layer.v1.tar+gzip",
    ],
)
def test_layers_are_known_by_their_type_and_foreign_ones_are_layers_all_the_same(media_type: str) -> None:
    assert is_image_layer(media_type)


def test_a_foreign_layer_is_asked_of_the_registry_and_never_of_its_own_addresses(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    foreign = Descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", digest_of(b"elsewhere"), 9)

    with pytest.raises(ImageGoneError):
        read_blob(client, foreign)
    assert simulator.seen() == [f"GET /v2/team/app/blobs/{foreign.digest}"]
