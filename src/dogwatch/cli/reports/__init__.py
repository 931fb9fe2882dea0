"""Reports on things looked at once: one format per file, values in and text out; `catalogue` lists them."""
