"""Layer bytes → evidence → package sets and gaps. Pure over byte streams; one extractor per file.

`layer.read_layer` reads one layer once, `encoding` carries its evidence through the store under (layer digest,
`catalogue.FINGERPRINT`), `build.build_inventory` combines the evidence of an image's layers. The package itself imports
nothing: package URLs and names of releases are asked for by processes that read no layer.
"""
