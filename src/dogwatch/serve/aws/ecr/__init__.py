"""The ecr endpoint: what of a registry AWS clients ask under that name. JSON 1.1; the operation stands in a header."""
