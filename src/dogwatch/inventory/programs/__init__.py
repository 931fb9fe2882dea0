"""Programs: executables and libraries that tell what was built into them; one reader per file."""
