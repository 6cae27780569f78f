"""What is asked of a payment after it was initiated, and what is told without being asked."""
