"""One extractor per file; the list is `inventory.catalogue`."""
