"""How right the product is: human labels held against it, and the audit after each of many real states of the feeds."""
