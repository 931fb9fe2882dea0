"""What AWS clients call things: ARNs, and repository names that are distinct within an account.

Where two registries of an account have a repository of the same name, both are shown as `alias/name`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dogwatch.model.registries import Registry
from dogwatch.model.views import FindingView, ImageQuery, ImageView, UnresolvedView
from dogwatch.serve.aws.errors import NotOfferedError
from dogwatch.serve.aws.question import Entry, Question
from dogwatch.serve.ports import RegistryAdmin, Views

PARTITION = "aws"

_IMAGE_ARN = re.compile(
    r"arn:aws:ecr:(?P<region>[^:]+):(?P<account>[0-9]{12}):repository/(?P<name>.+)/(?P<digest>[a-z0-9]+:[0-9a-f]+)"
)
_FINDING_ARN = re.compile(r"arn:aws:inspector2:(?P<region>[^:]+):(?P<account>[0-9]{12}):finding/(?P<id>[0-9a-f]{32})")
_MAX_COPIES = 100
"""Repositories of an account that hold one digest under one name: as many as it has registries."""


@dataclass(frozen=True, slots=True)
class Names:
    """How one account's registries and repositories are called towards AWS clients; `views` knows the images."""

    account_id: str
    registries: tuple[Registry, ...]
    shared: frozenset[str]
    views: Views

    @property
    def regions(self) -> frozenset[str]:
        """The regions of its registries."""
        return frozenset(registry.region for registry in self.registries)

    def repository(self, alias: str, name: str) -> str:
        """Return the name that clients see for a repository."""
        return f"{alias}/{name}" if name in self.shared else name

    def image_arn(self, one: FindingView | ImageView | UnresolvedView) -> str:
        """Return the ARN of an image, or of what may be one."""
        name = self.repository(one.registry_alias, one.repository)
        return f"arn:{PARTITION}:ecr:{one.region}:{one.account_id}:repository/{name}/{one.digest}"

    def aliases_in(self, entries: Sequence[Entry]) -> list[Entry]:
        """Turn a filter on regions into one on registries."""
        chosen: list[Entry] = []
        for comparison, region in entries:
            for registry in self.registries:
                if registry.region == region or (comparison == "PREFIX" and registry.region.startswith(region)):
                    chosen.append(("NOT_EQUALS" if comparison == "NOT_EQUALS" else "EQUALS", registry.alias))
        return chosen


def load_names(account_id: str, registries: RegistryAdmin, views: Views) -> Names:
    """Learn an account's names."""
    known = registries.list(account_id)
    shared = views.shared_repositories(account_id) if len(known) > 1 else frozenset[str]()
    return Names(account_id, known, shared, views)


def finding_arn(one: FindingView) -> str:
    """Return the ARN of a finding."""
    return f"arn:{PARTITION}:inspector2:{one.region}:{one.account_id}:finding/{one.id}"


@dataclass(frozen=True, slots=True)
class FindingArn:
    """What the ARN of a finding says: its account, its region, and the id that we know it by."""

    account_id: str
    region: str
    id: str


def read_finding_arn(arn: str) -> FindingArn | None:
    """Return what the ARN of a finding says; None for what is none."""
    found = _FINDING_ARN.fullmatch(arn)
    return FindingArn(found["account"], found["region"], found["id"]) if found else None


def ask_region(question: Question, names: Names, entries: Sequence[Entry], asked_as: str) -> None:
    """Ask about the region, which is that of the registry."""
    chosen = names.aliases_in(entries)
    positive = any(comparison != "NOT_EQUALS" for comparison, _ in entries)
    if positive and not any(comparison == "EQUALS" for comparison, _ in chosen):
        question.ask_impossible()
    elif chosen:
        question.ask_text("registry", chosen, asked_as)


def ask_repository(question: Question, names: Names, entries: Sequence[Entry], asked_as: str) -> None:
    """Ask about the repository by the name that clients see. A prefix also finds shared names by their plain form."""
    if not names.shared:
        question.ask_text("repository", entries, asked_as)
        return
    places = [(comparison, place) for comparison, value in entries for place in _places(names, comparison, value)]
    if not places:  # nothing but shared names in their plain form, which nobody sees
        question.ask_absent(entries)
        return
    if all(comparison == "NOT_EQUALS" for comparison, _ in places):
        question.ask_absent([entry for entry in entries if entry[0] != "NOT_EQUALS"])
    question.ask_text("place", places, asked_as)


def _places(names: Names, comparison: str, value: str) -> list[str]:
    """Return the `alias/name` texts that a shown name may stand for."""
    found = []
    for registry in names.registries:
        if value not in names.shared or comparison == "PREFIX":
            found.append(f"{registry.alias}/{value}")
        alias, slash, rest = value.partition("/")
        if slash and alias == registry.alias and (rest in names.shared or comparison == "PREFIX"):
            found.append(value)
    return found


def ask_image_arn(question: Question, names: Names, entries: Sequence[Entry], asked_as: str) -> None:
    """Ask about images by their ARN: each is looked up, so that name and digest belong together.

    Raises:
        NotOfferedError: a PREFIX; only whole ARNs can be looked up.
    """
    if any(comparison == "PREFIX" for comparison, _ in entries):
        raise NotOfferedError(asked_as, "PREFIX is not offered here yet; use ecrImageRepositoryName")
    chosen = [
        ("NOT_EQUALS" if comparison == "NOT_EQUALS" else "EQUALS", str(image_id))
        for comparison, arn in entries
        for image_id, _ in images_of(names, arn)
    ]
    positive = any(comparison != "NOT_EQUALS" for comparison, _ in entries)
    if positive and not any(comparison == "EQUALS" for comparison, _ in chosen):
        question.ask_impossible()
    elif chosen:
        question.ask_text("image", chosen, asked_as)


def images_of(names: Names, arn: str) -> list[tuple[int, str]]:
    """Return id and region of the images that an ARN means."""
    found = _IMAGE_ARN.fullmatch(arn)
    if found is None or found["account"] != names.account_id:
        return []
    plain = [found["name"], found["name"].partition("/")[2] or found["name"]]
    query = ImageQuery(
        names.account_id,
        texts={"digest": [("EQUALS", found["digest"])], "repository": [("EQUALS", name) for name in plain]},
        limit=_MAX_COPIES,
        with_counts=False,
    )
    rows = names.views.images(query).rows
    return [(image.image_id, image.region) for image in rows if names.image_arn(image) == arn]


def ask_finding_arn(question: Question, names: Names, entries: Sequence[Entry], asked_as: str) -> None:
    """Ask about findings by their ARN."""
    chosen: list[Entry] = []
    for comparison, value in entries:
        if comparison == "PREFIX":
            chosen += [("PREFIX", part) for part in _finding_prefixes(names, value)]
        else:
            found = read_finding_arn(value)
            if found and found.account_id == names.account_id and found.region in names.regions:
                chosen.append((comparison, found.id))
    positive = any(comparison != "NOT_EQUALS" for comparison, _ in entries)
    if positive and not any(comparison != "NOT_EQUALS" for comparison, _ in chosen):
        question.ask_impossible()
    elif chosen and ("PREFIX", "") not in chosen:
        question.ask_text("finding", chosen, asked_as)
    elif any(comparison == "NOT_EQUALS" for comparison, _ in chosen):
        question.ask_text("finding", [entry for entry in chosen if entry[0] == "NOT_EQUALS"], asked_as)


def _finding_prefixes(names: Names, value: str) -> set[str]:
    """Return what a prefix asks of the part behind `finding/`; empty text: everything."""
    beginnings = {
        f"arn:{PARTITION}:inspector2:{registry.region}:{names.account_id}:finding/" for registry in names.registries
    }
    return {value.removeprefix(one) if value.startswith(one) else "" for one in beginnings if _agree(value, one)}


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
