"""What several services need of `contracts` and `chassis` together; no rule of money."""
