"""Bills of materials, CycloneDX and SPDX in JSON: written from what was found, and read."""
