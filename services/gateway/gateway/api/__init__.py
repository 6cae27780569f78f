"""HTTP: apps under /v1, third parties under /webhooks, our own services under /internal."""
