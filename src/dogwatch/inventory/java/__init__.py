"""Java archives: zip files within zip files, and what the things in them are called in Maven."""
