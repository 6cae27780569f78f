"""The stories of trade-core, each top to bottom; the only place that opens transactions."""
