"""What is asked of a trade after it was initiated, and what is told without being asked."""
