"""One subject per file: `measure` takes the bed, measures, and gives back its section of the page."""
