"""What the gateway decides without asking anybody: pure, without IO."""
