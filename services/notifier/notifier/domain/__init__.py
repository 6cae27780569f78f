"""What the notifier decides: when to try again, what an answer means, how endpoints fare. Pure."""
