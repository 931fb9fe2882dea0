"""What every registry adapter must hold to, whatever its registry."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dogwatch.registry
from dogwatch.model.errors import ConfigError
from dogwatch.model.images import is_digest
from dogwatch.model.registries import EventKind, TagListing
from dogwatch.registry.adapter import ClockPrecision, RegistryAdapter
from dogwatch.registry.catalogue import ADAPTERS, adapter_for
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.names import is_repository, is_tag
from tests.builders.oci import build_image
from tests.simulators.registry import RegistrySimulator, serving_registry

every_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.kind)


def modules_of_the_room() -> list[ModuleType]:
    names = [info.name for info in pkgutil.iter_modules(dogwatch.registry.__path__, "dogwatch.registry.")]
    return [importlib.import_module(name) for name in names]


def fits_the_contract(thing: object) -> bool:
    wanted = {name for name in vars(RegistryAdapter) if not name.startswith("_")}
    return isinstance(thing, type) and wanted <= set(dir(thing)) and thing is not RegistryAdapter


def test_every_class_that_fits_the_contract_is_in_the_catalogue_once() -> None:
    found = {thing for module in modules_of_the_room() for thing in vars(module).values() if fits_the_contract(thing)}

    assert {type(adapter) for adapter in ADAPTERS} == found
    assert len({adapter.kind for adapter in ADAPTERS}) == len(ADAPTERS)


def test_an_adapter_is_found_by_its_kind_and_an_unknown_kind_names_the_known() -> None:
    for adapter in ADAPTERS:
        assert adapter_for(adapter.kind) is adapter
    with pytest.raises(ConfigError, match="distribution"):
        adapter_for("parchment")


@every_adapter
def test_a_clock_that_is_worth_something_says_what(adapter: RegistryAdapter) -> None:
    quality = adapter.clock_quality

    assert quality.push is not ClockPrecision.NOT_OFFERED
    assert quality.explanation.endswith(".")


@every_adapter
@given(content_type=st.text(max_size=80), body=st.binary(max_size=500), own_username=st.text(max_size=10))
def test_no_body_makes_it_raise(adapter: RegistryAdapter, content_type: str, body: bytes, own_username: str) -> None:
    found = adapter.parse_events(content_type, body, own_username)

    for event in found.events:
        assert is_repository(event.repository)
        assert is_digest(event.digest) or (event.kind is EventKind.DELETED and is_tag(event.tag))
        assert event.occurred_at.tzinfo is not None
        assert event.external_id


@every_adapter
def test_listing_counts_as_no_pull_and_loses_nothing(adapter: RegistryAdapter) -> None:
    with serving_registry(RegistrySimulator()) as simulator:
        digest = simulator.add("team/app", build_image(), "1.0", "latest")
        with RegistryClient(simulator.access, {}, "dogwatch/0.1.0") as client:
            listings = list(adapter.list_tags(client))
        assert listings == [TagListing("team/app", (("1.0", digest), ("latest", digest)))]
        assert simulator.seen("GET", "/manifests/") == []


@every_adapter
def test_the_configuration_snippet_names_where_to_send_and_with_what(adapter: RegistryAdapter) -> None:
    snippet = adapter.notification_snippet("https://dogwatch.example/hooks/7", {"Authorization": 'Bearer a"b'})

    assert '"https://dogwatch.example/hooks/7"' in snippet
    assert r'"Authorization": ["Bearer a\"b"]' in snippet
