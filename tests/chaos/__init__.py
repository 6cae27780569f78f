"""`make chaos`: two replicas of what handles money, under load, while parts of it fail."""
