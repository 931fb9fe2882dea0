"""Small lock files of every kind, each with a package of every form that the kind knows."""

from __future__ import annotations

GRADLE = """\
# This is a Gradle generated file for dependency locking.
com.google.guava:guava:32.0.0-jre=compileClasspath,runtimeClasspath,testRuntimeClasspath
junit:junit:4.13.2=testCompileClasspath,testRuntimeClasspath
org.projectlombok:lombok:1.18.30=annotationProcessor,testAnnotationProcessor
org.slf4j:slf4j-api:2.0.7=testRuntimeClasspath,runtimeClasspath
empty=developmentOnly
"""
POM = """\
<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>g.p</groupId><artifactId>parent</artifactId><version>1</version></parent>
  <artifactId>shop</artifactId>
  <properties><jackson.version>2.15.2</jackson.version><java.version>17</java.version></properties>
  <!-- <dependency><groupId>g.no</groupId><artifactId>gone</artifactId><version>1</version></dependency> -->
  <dependencyManagement><dependencies>
    <dependency><groupId>g.bom</groupId><artifactId>bom</artifactId><version>1</version></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency>
      <groupId>com.fasterxml.jackson.core</groupId> <artifactId>jackson-databind</artifactId>
      <version>${jackson.version}</version>
      <exclusions><exclusion><groupId>g.x</groupId><artifactId>x</artifactId></exclusion></exclusions>
    </dependency>
    <dependency><groupId>commons-io</groupId><artifactId>commons-io</artifactId><version> 2.4 </version></dependency>
    <dependency><groupId>g.a</groupId><artifactId>exact</artifactId><version>[1.2]</version></dependency>
    <dependency><groupId>g.a</groupId><artifactId>managed</artifactId></dependency>
    <dependency><groupId>g.a</groupId><artifactId>range</artifactId><version>[1,2)</version></dependency>
    <dependency><groupId>g.a</groupId><artifactId>other</artifactId><version>${a.b}</version></dependency>
    <dependency><groupId>g.p</groupId><artifactId>near</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4</version><scope>test</scope></dependency>
  </dependencies>
  <build><plugins><plugin><dependencies>
    <dependency><groupId>g.b</groupId><artifactId>tool</artifactId><version>1</version></dependency>
  </dependencies></plugin></plugins></build>
</project>
"""
CSPROJ = """\
\ufeff<Project Sdk="Microsoft.NET.Sdk">
  <ItemGroup>
    <PackageReference Include="Newtonsoft.Json" Version="12.0.1" />
    <PackageReference Include="Serilog"><Version>[2.10.0]</Version></PackageReference>
    <PackageReference Include="StyleCop.Analyzers" Version="1.1.118" PrivateAssets="all" />
    <PackageReference Include="Analyzer" Version="1.0.0"><PrivateAssets>All</PrivateAssets></PackageReference>
    <PackageReference Include="Managed" />
    <PackageReference Include="Any" Version="1.*" />
    <PackageReference Include="Named" Version="$(NamedVersion)" />
    <!-- <PackageReference Include="Gone" Version="1.0.0" /> -->
  </ItemGroup>
</Project>
"""
PACKAGES_PROPS = '<Project><ItemGroup><PackageVersion Include="Polly" Version="7.2.3" /></ItemGroup></Project>'
NPM_3 = """{"packages": {"": {"version": "1.0.0"}, "node_modules/a": {"version": "1.0.0", "dev": true},
"node_modules/@s/b": {"name": "c", "version": "2.0.0", "link": false}}}"""
NPM_1 = """{"dependencies": {"a": {"version": "npm:@s/b@1", "dependencies": {"c": {"version": "2", "dev": false}}}}}"""
YARN_1 = '"@s/a@^1", b@2:\n  version "1.0.0"\n  dependencies:\n    c "1"\n\nx@npm:y@1:\n  version "1"\n'
YARN_2 = '__metadata:\n  version: 8\n\n"a@npm:^1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n'
PNPM_5 = "packages:\n  /@s/a/1.0.0_b@2:\n    dev: true\n  /a/1.0.0:\n    name: c\n    version: 2\n"
PNPM_9 = "packages:\n\n  '@s/a@1.0.0':\n    x: y\n\n  b@1(c@2):\n    dev: false\nsnapshots:\n  a@1: {}\n"
BUN = '{\n  "packages": {\n    "a": ["@s/a@1.0.0", "", {}, "x"],\n    "b": ["b@workspace:b"],\n  },\n}\n'
PNPM_9_PARTS = """\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      '@s/a':
        specifier: ^1
        version: 1.0.0(peer@2.0.0)
      alias:
        specifier: npm:real@1
        version: real@1.0.0
    devDependencies:
      tool:
        specifier: ^3
        version: 3.0.0
  web:
    optionalDependencies:
      near:
        specifier: workspace:*
        version: link:../near

packages:

  '@s/a@1.0.0':
    resolution: {integrity: x}
    peerDependencies:
      peer: '*'

  deep@1.0.0:
    resolution: {integrity: x}

  peer@2.0.0:
    resolution: {integrity: x}

  real@1.0.0:
    resolution: {integrity: x}

  tool@3.0.0:
    resolution: {integrity: x}

  toolbox@1.0.0:
    resolution: {integrity: x}

snapshots:

  '@s/a@1.0.0(peer@2.0.0)':
    dependencies:
      deep: 1.0.0
      peer: 2.0.0

  deep@1.0.0: {}

  peer@2.0.0: {}

  real@1.0.0: {}

  tool@3.0.0:
    dependencies:
      deep: 1.0.0
      toolbox: 1.0.0

  toolbox@1.0.0: {}
"""
BUN_PARTS = """\
{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "app",
      "dependencies": {
        "@s/a": "^1",
      },
      "devDependencies": {
        "tool": "^3",
      },
    },
  },
  "packages": {
    "@s/a": ["@s/a@1.0.0", "", { "dependencies": { "deep": "^1" }, "peerDependencies": { "peer": "*" } }, "x"],
    "deep": ["deep@1.0.0", "", {}, "x"],
    "peer": ["peer@2.0.0", "", {}, "x"],
    "tool": ["tool@3.0.0", "", { "dependencies": { "toolbox": "1" } }, "x"],
    "toolbox": ["toolbox@1.0.0", "", {}, "x"],
    "tool/deep": ["deep@0.9.0", "", {}, "x"],
  },
}
"""
CARGO = """\
version = 4

[[package]]
name = "serde"
version = "1.0.1"
source = "registry+https://registry.example/index"
dependencies = [
 "itoa",
]

[[package]]
name = "mine"
version = "0.1.0"

[metadata]
version = "9"
"""
POETRY = """\
[[package]]
name = "flask"
version = "2.0.0"
description = \"\"\"
version = "9"
[[package]]
\"\"\"
optional = false
groups = ["main", "dev"]

[package.dependencies]
version = "9"
name = "other"

[[package]]
name = "pytest"
version = "8.0"
groups = ["dev"]

[[package]]
name = "black"
version = "24.0"
category = "dev"

[metadata]
lock-version = "2.1"
"""
UV = """\
version = 1

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "flask" },
]

[[package]]
name = "flask"
version = "2.0.0"
source = { registry = "https://index.example/simple" }
wheels = [
    { url = "https://index.example/flask.whl", hash = "sha256:x" },
]

[package.metadata]
version = "9"
"""
UV_PARTS = """\
version = 1

[manifest]
members = [
    "app",
]

[[package]]
name = "app"
version = "0.1.0"
source = { editable = "." }
dependencies = [
    { name = "flask", extra = ["async"] },
]

[package.optional-dependencies]
more = [
    { name = "redis" },
]

[package.dev-dependencies]
dev = [
    { name = "pytest" },
]

[package.metadata]
requires-dist = [{ name = "pytest", specifier = ">=8" }]

[[package]]
name = "asgiref"
version = "3.0.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "flask"
version = "2.0.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "jinja2", marker = "python_full_version >= '3.9'" },
]

[package.optional-dependencies]
async = [
    { name = "asgiref" },
]

[[package]]
name = "jinja2"
version = "3.0.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "pluggy" },
]

[[package]]
name = "pluggy"
version = "1.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "redis"
version = "5.0"
source = { registry = "https://index.example/simple" }
"""
PDM = """\
[metadata]
groups = ["default", "dev"]

[[package]]
name = "flask"
version = "2.0.0"
groups = ["default"]

[[package]]
name = "pytest"
version = "8.0"
groups = ["dev"]
"""
PYLOCK = '[[packages]]\nname = "flask"\nversion = "2.0.0"\n\n[[packages.wheels]]\nname = "flask.whl"\n'
PIPFILE = """{"_meta": {"requires": {}}, "default": {"flask": {"hashes": ["x"], "version": "==2.0.0", "markers": "y"},
"mine": {"editable": true, "path": "."}}, "develop": {"pytest": {"version": "==8.0"}}}"""
REQUIREMENTS = """\
# made by hand
-r other.txt
flask[async] == 2.0.0 ; python_version > "3" --hash=sha256:x
Jinja2===3.0.0# why
loose>=1.0
wild==1.*
six==1.16.0 \\
    --hash=sha256:x
git+https://repository.example/x.git@1.0#egg=x
"""
GEMFILE = """\
PATH
  remote: .
  specs:
    mine (0.1.0)

GIT
  remote: https://repository.example/turbolinks.git
  specs:
    turbolinks (3.0.0)
      coffee-rails

GEM
  remote: https://gems.example/
  specs:
    nokogiri (1.13.10-x86_64-linux)
      racc (~> 1.4)
    rails (7.0.0.rc1)

PLATFORMS
    ruby (9.9)

BUNDLED WITH
   2.4.0
"""
GEMSPEC = """\
# -*- encoding: utf-8 -*-
# stub: rack 2.2.3 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.3"
end
"""
OLD_GEMSPEC = """\
Gem::Specification.new do |s|
  s.name = 'rack'
  s.version = Gem::Version.new("2.2.3")
end
"""
COMPOSER = """{"packages": [{"name": "guzzlehttp/guzzle", "version": "v7.4.4", "require": {"php": ">=7"}}],
"packages-dev": [{"name": "phpunit/phpunit", "version": "9.0.0"}]}"""
COMPOSER_2 = '{"packages": [{"name": "guzzlehttp/guzzle", "version": "v7.4.4"}], "dev": true}'
COMPOSER_1 = '[{"name": "guzzlehttp/guzzle", "version": "v7.4.4"}]'
CONDA = """{"build": "hb9d3cd8_2", "files": ["lib/libz.so"], "name": "zlib", "version": "1.3.1",
"paths_data": {"paths": [{"_path": "lib/libz.so", "path_type": "hardlink"}], "paths_version": 1}}"""
DEPS = """{"runtimeTarget": {"name": ".NETCoreApp"}, "libraries": {"app/1.0.0": {"type": "project"},
"Newtonsoft.Json/13.0.1": {"type": "package", "serviceable": true},
"runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/6.0.1": {"type": "runtimepack"}}}"""
NUGET = """{"version": 1, "dependencies": {"net8.0": {"Newtonsoft.Json": {"type": "Direct", "resolved": "13.0.1"},
"mine": {"type": "Project"}}, "net9.0": {"Newtonsoft.Json": {"type": "Transitive", "resolved": "13.0.2"}}}}"""
NUGET_CONFIG = """\
<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE a [<!ENTITY b "&c;&c;">]>
<packages>
  <package id="Newtonsoft.Json" version = '13.0.1' targetFramework="net48" />
  <package id="test" version="1.0" developmentDependency="true" />
</packages>
"""
PUB = """\
packages:
  http:
    dependency: "direct main"
    description:
      name: http
      url: "https://packages.example"
    source: hosted
    version: "0.13.0"
  test:
    dependency: "direct dev"
    source: hosted
    version: "1.0.0"
  flutter:
    dependency: transitive
    source: sdk
    version: "0.0.0"
sdks:
  dart: ">=3.0.0"
"""
MIX = """\
%{
  "jason": {:hex, :jason, "1.4.0", "e855", [:mix], [{:decimal, "~> 1.0", [hex: :decimal]}], "hexpm", "79a3"},
  "mine": {:git, "https://repository.example/mine.git", "abc", []},
}
"""
SWIFT_1 = """{"object": {"pins": [{"package": "swift-nio", "repositoryURL": "https://github.example/apple/swift-nio.git",
"state": {"branch": null, "revision": "x", "version": "2.0.0"}}]}, "version": 1}"""
SWIFT_2 = """{"pins": [{"identity": "swift-nio", "kind": "remoteSourceControl",
"location": "git@github.example:apple/swift-nio.git", "state": {"revision": "x", "version": "2.0.0"}},
{"location": "https://github.example/a/b", "state": {"branch": "main", "revision": "x"}}], "version": 2}"""
GO_MOD = """\
module example.org/app // remark

go 1.22
toolchain go1.22.3

require golang.org/x/text v0.3.0
require (
	rsc.io/quote v1.5.2 // indirect
	rsc.io/sampler v1.3.0
	"example.org/near" v0.0.0
)

replace (
	rsc.io/sampler => rsc.io/sampler v1.3.1
	example.org/near => ./near
)
replace golang.org/x/text v0.4.0 => golang.org/x/text v0.5.0
exclude golang.org/x/text v0.3.1
"""

LOCK_FILES: dict[str, tuple[bytes, ...]] = {
    name: tuple(text.encode() for text in texts)
    for name, texts in {
        "npm-lock": (NPM_3, NPM_1),
        "yarn-lock": (YARN_1, YARN_2),
        "pnpm-lock": (PNPM_5, PNPM_9, PNPM_9_PARTS),
        "bun-lock": (BUN, BUN_PARTS),
        "nuget-project": (CSPROJ, PACKAGES_PROPS),
        "gradle-lock": (GRADLE,),
        "maven-project": (POM,),
        "cargo-lock": (CARGO,),
        "python-lock": (POETRY, UV, UV_PARTS, PDM),
        "pipfile-lock": (PIPFILE,),
        "python-requirements": (REQUIREMENTS,),
        "gemfile-lock": (GEMFILE,),
        "gem-specification": (GEMSPEC, OLD_GEMSPEC),
        "composer-lock": (COMPOSER,),
        "composer-installed": (COMPOSER_2, COMPOSER_1),
        "conda-meta": (CONDA,),
        "dotnet-dependencies": (DEPS,),
        "nuget-lock": (NUGET,),
        "nuget-config": (NUGET_CONFIG,),
        "pub-lock": (PUB,),
        "mix-lock": (MIX,),
        "swift-resolved": (SWIFT_1, SWIFT_2),
        "go-mod": (GO_MOD,),
        "go-toolchain": ("go1.22.3\ntime 2024-05-01T00:00:00Z\n",),
        "known-applications": ("<?php\n$wp_version = '6.5';\n",),
        "java-release": ('IMPLEMENTOR="Us"\nJAVA_VERSION="17.0.21.1"\n', 'JAVA_VERSION="1.8.0_402"\n'),
    }.items()
}
