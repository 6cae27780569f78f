"""The use cases of the page."""
