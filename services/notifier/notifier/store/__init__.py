"""All SQL of the notifier, by subject."""
