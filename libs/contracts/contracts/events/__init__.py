"""What the services tell each other over Kafka: one module per topic, one envelope for all."""
