"""Commands. Each asks `app` and renders the answer: data on standard output, everything else on standard error."""
