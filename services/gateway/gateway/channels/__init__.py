"""The third parties: one folder per channel, pure; the executor beside them does all IO."""
