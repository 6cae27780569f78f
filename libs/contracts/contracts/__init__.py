"""What the services, the apps and the channels' results agree on; pure, without IO."""
