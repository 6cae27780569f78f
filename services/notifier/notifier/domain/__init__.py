"""What the notifier decides: when to try again, what an answer means, how a lane fares. Pure."""
