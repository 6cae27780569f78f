"""What is true of orders, payments, refunds and the ledger; pure: no IO, no clock."""
