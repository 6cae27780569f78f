"""Public API, request signatures, channel plugins, webhooks of third parties."""
