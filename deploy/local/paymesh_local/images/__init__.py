"""`make images`: the five images built, and each tried, without a daemon."""
