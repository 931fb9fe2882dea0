"""The AWS API of Amazon Inspector (inspector2), as far as it is offered: the same shapes, checked against the model."""
