"""What the payer sees and when; pure."""
