"""HTTP: the AWS API, the JSON API, webhooks, probes and metrics. `serve` shows; decisions are made elsewhere."""
