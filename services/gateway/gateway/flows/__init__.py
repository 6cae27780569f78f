"""The gateway's stories, each from top to bottom: pay, refund, notification, command, cashier."""
