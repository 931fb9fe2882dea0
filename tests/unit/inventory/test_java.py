"""Java archives: what they are called, what is in them, and what hostile ones may cost."""

from __future__ import annotations

import io
import zipfile

import pytest

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractors import java_pom
from dogwatch.inventory.extractors.java_archive import EXTRACTOR
from dogwatch.inventory.limits import DEFAULT_LIMITS, KIB, Limits
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package
from tests.builders.jars import build_jar, manifest, pom
from tests.builders.layers import file, read_members

PATH = "app/shop.jar"
LANG = build_jar(pom("org.apache.commons", "commons-lang3", "3.11"))
LANG_FOUND = Package("Maven", "org.apache.commons:commons-lang3", "3.11")


def read(content: bytes, path: str = PATH, limits: Limits = DEFAULT_LIMITS) -> Extraction:
    return EXTRACTOR.extract_from(path, io.BytesIO(content), len(content), limits)


def found(*packages: Package, gaps: tuple[Gap, ...] = ()) -> Extraction:
    return Extraction(tuple(sorted(packages)), gaps)


def over(limit: str, allowed: int) -> Extraction:
    detail = f"over the limit {limit} of {allowed} in one archive"
    return Extraction(gaps=(Gap(GapKind.TOO_MANY_FILES, PATH, detail),))


def test_each_pom_properties_is_an_artifact_and_a_shaded_archive_has_several() -> None:
    shaded = pom("com.shop", "shop", "1.0") | pom("com.google.guava", "guava", "27.0-jre") | {"com/A.class": b"x"}
    expected = found(Package("Maven", "com.google.guava:guava", "27.0-jre"), Package("Maven", "com.shop:shop", "1.0"))
    for stored in (True, False):
        assert read(build_jar(shaded, stored=stored)) == expected
        assert read(build_jar(shaded, stored=stored, before=b"#!/bin/sh\nexec java -jar $0\n")) == expected


def test_archives_in_archives_are_read_packed_or_stored() -> None:
    war = build_jar(
        {"WEB-INF/lib/commons-lang3-3.11.jar": LANG, "WEB-INF/classes/" + next(iter(pom("g.h", "a", "1"))): "version=2"}
    )
    ear = build_jar({"shop.war": war, "lib/empty.jar": build_jar({})}, stored=True)
    assert read(ear, "app/shop.ear") == found(LANG_FOUND, Package("Maven", "g.h:a", "2"))


@pytest.mark.parametrize(
    ("name", "fields", "package"),
    [
        ("spring-core-5.3.8.jar", {}, ("org.springframework:spring-core", "5.3.8")),
        ("spring-boot-2.3.8.RELEASE.jar", {}, ("org.springframework.boot:spring-boot", "2.3.8.RELEASE")),
        ("bcprov-jdk15on-1.70.jar", {}, ("org.bouncycastle:bcprov-jdk15on", "1.70")),
        ("kotlin-stdlib.jar", {"Implementation_Version": "1.9.0"}, ("org.jetbrains.kotlin:kotlin-stdlib", "1.9.0")),
        ("my-core-1.2.jar", {"Bundle_SymbolicName": "org.shop.my.core;singleton:=true"}, ("org.shop:my-core", "1.2")),
        ("my-core-1.2.jar", {"Bundle_SymbolicName": "org.my.\r\n my-core"}, ("org.my:my-core", "1.2")),
        ("my-core-1.2-sources.jar", {"Implementation_Vendor_Id": "org.my"}, ("org.my:my-core", "1.2")),
        ("protobuf-java-3.24.0.jar", {}, ("com.google.protobuf:protobuf-java", "3.24.0")),
        ("opentelemetry-instrumentation-api-2.3.jar", {},
         ("io.opentelemetry.instrumentation:opentelemetry-instrumentation-api", "2.3")),
        ("groovy-json-3.0.9.jar", {}, ("org.codehaus.groovy:groovy-json", "3.0.9")),
        ("groovy-json-4.0.15.jar", {}, ("org.apache.groovy:groovy-json", "4.0.15")),
        ("hibernate-core-5.6.15.Final.jar", {}, ("org.hibernate:hibernate-core", "5.6.15.Final")),
        ("asm-9.7.jar", {"Bundle_SymbolicName": "org.objectweb.asm"}, ("org.ow2.asm:asm", "9.7")),
        ("commons-io-2.4.jar", {"Implementation_Vendor_Id": "org.apache"}, ("commons-io:commons-io", "2.4")),
        ("tomcat-embed-core-9.0.80.jar", {"Bundle_SymbolicName": "org.apache.tomcat-embed-core"},
         ("org.apache.tomcat.embed:tomcat-embed-core", "9.0.80")),
        ("catalina.jar", {"Bundle_SymbolicName": "org.apache.tomcat-catalina", "Implementation_Version": "9.0.80"},
         ("org.apache.tomcat:tomcat-catalina", "9.0.80")),
        ("tomcat-jdbc.jar", {"Bundle_SymbolicName": "org.apache.tomcat.jdbc", "Bundle_Version": "9.0.80"},
         ("org.apache.tomcat:tomcat-jdbc", "9.0.80")),
        ("git.jpi", {"Group_Id": "org.my", "Implementation_Version": "4.1"}, ("org.my:git", "4.1")),
        ("my_core.jar", {"Implementation_Vendor_Id": "org.my", "Bundle_Version": "3"}, ("org.my:my_core", "3")),
    ],
)  # fmt: skip
def test_an_archive_without_pom_properties_is_called_as_manifest_and_file_name_say(
    name: str, fields: dict[str, str], package: tuple[str, str]
) -> None:
    content = build_jar(manifest(**fields))
    expected = found(Package("Maven", *package))
    assert read(content, f"lib/{name}") == expected
    assert read(build_jar({f"BOOT-INF/lib/{name}": content}, stored=True), "boot.jar") == expected


def test_where_no_group_is_told_there_is_a_gap_and_without_a_version_nothing() -> None:
    odd = build_jar(
        manifest(Bundle_SymbolicName="org.apache.my-core", Implementation_Vendor_Id="org.apache", Group_Id="com.sun")
    )
    gap = Gap(GapKind.PACKAGE_INCOMPLETE, "my-core-1.2.jar", "no Maven group is told for my-core 1.2")
    assert read(odd, "my-core-1.2.jar") == found(gaps=(gap,))
    assert read(odd, "my-core.jar") == Extraction()
    assert read(odd, "my-shop-1.2.war") == Extraction()
    assert read(build_jar(manifest(Spring_Boot_Version="3.1.0")), "my-shop-1.2.jar") == Extraction()
    runtime = build_jar(manifest(Implementation_Version="17.0.2"))
    assert read(runtime, "usr/lib/jvm/java/lib/jrt-fs.jar") == Extraction()
    detail = "no usable name and version: g:a -"
    nameless = build_jar({"META-INF/maven/g/a/pom.properties": "groupId=g\n#version=1\n"})
    assert read(nameless) == found(gaps=(Gap(GapKind.PACKAGE_INCOMPLETE, PATH, detail),))


def test_of_an_archive_that_was_unpacked_the_same_file_tells_the_artifact() -> None:
    [(path, content)] = pom("g.h", "a", "1").items()
    extractor = java_pom.EXTRACTOR
    assert extractor.wants(f"app/{path}")
    assert not extractor.wants("app/pom.properties")
    assert extractor.extract(path, content.encode(), DEFAULT_LIMITS) == found(Package("Maven", "g.h:a", "1"))
    detail = "no usable name and version: g.h:a -"
    gap = Gap(GapKind.PACKAGE_INCOMPLETE, path, detail)
    assert extractor.extract(path, b"", DEFAULT_LIMITS) == found(gaps=(gap,))


def test_what_is_no_archive_is_an_error_unless_other_things_are_called_so_too() -> None:
    for content in (b"", b"PK\3\4", LANG[:-30], b"a" * 70_000):
        with pytest.raises(MalformedPackageDatabaseError, match=r"cannot read app/shop\.jar: it "):
            read(content)
    assert read(b"a" * 30, "bin/x.par") == Extraction()


def test_a_damaged_archive_in_an_archive_is_a_gap_and_the_rest_is_read() -> None:
    content = build_jar({"lib/bad.jar": LANG[:-30], "lib/good.jar": LANG})
    detail = "java-archive: lib/bad.jar in it has no end record: not a zip file, or cut off"
    assert read(content) == found(LANG_FOUND, gaps=(Gap(GapKind.FILE_UNREADABLE, PATH, detail),))


def test_what_an_archive_may_cost_is_limited() -> None:
    nested = build_jar({"a.jar": build_jar({"b.jar": LANG})})
    assert read(nested, limits=Limits(archive_depth=2)) == found(LANG_FOUND)
    assert read(nested, limits=Limits(archive_depth=1)) == over("archive_depth", 1)
    assert read(nested, limits=Limits(archive_entries=2)) == over("archive_entries", 2)
    assert read(nested, limits=Limits(archive_bytes=len(LANG))) == over("archive_bytes", len(LANG))
    stored = build_jar({"a.jar": LANG, "b.jar": LANG}, stored=True)
    assert read(stored, limits=Limits(archive_bytes=len(LANG) + 200)).packages == (LANG_FOUND,)
    bomb = build_jar({"bomb.jar": bytes(300 * KIB)})
    assert read(bomb, limits=Limits(archive_unpacked_bytes=256 * KIB)) == over("archive_unpacked_bytes", 256 * KIB)
    many = build_jar({f"{number}.jar": b"" for number in range(4)})
    assert over("file_entries", 3).gaps[0] in read(many, limits=Limits(file_entries=3)).gaps


def test_a_directory_with_numbers_of_64_bits_is_read() -> None:
    plain = build_jar(pom("g.h", "a", "1"), stored=True)
    at = plain.rindex(b"PK\x05\x06")
    end = plain[at:]
    size, offset = int.from_bytes(end[12:16], "little"), int.from_bytes(end[16:20], "little")
    record = b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(12) + (1).to_bytes(8, "little") * 2
    record += size.to_bytes(8, "little") + offset.to_bytes(8, "little")
    locator = b"PK\x06\x07" + bytes(4) + at.to_bytes(8, "little") + (1).to_bytes(4, "little")
    large = plain[:at] + record + locator + end[:8] + b"\xff" * 12 + end[20:]
    assert read(large) == found(Package("Maven", "g.h:a", "1"))


def test_numbers_of_64_bits_that_are_cut_off_stand_outside_the_file() -> None:
    entry = zipfile.ZipInfo("lib/a.jar")
    entry.extra = b"\1\0\x18\0" + bytes(5)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, LANG)
    at = buffer.getvalue().rindex(b"PK\1\2") + 42
    content = buffer.getvalue()[:at] + b"\xff" * 4 + buffer.getvalue()[at + 4 :]
    detail = "java-archive: lib/a.jar in it says of something that it stands outside the file"
    assert read(content) == found(gaps=(Gap(GapKind.FILE_UNREADABLE, PATH, detail),))


def test_archives_of_a_layer_are_read_wherever_they_lie() -> None:
    evidence = read_members(file("srv/deep/app.war", build_jar({"WEB-INF/lib/x.jar": LANG})), file("a/.jar", b"x"))
    assert [(one.path, one.extractor, one.found) for one in evidence.files] == [
        ("srv/deep/app.war", "java-archive", found(LANG_FOUND))
    ]
