"""The page: what is watched, found and not seen, as HTML for browsers. No script, no state but the address."""
