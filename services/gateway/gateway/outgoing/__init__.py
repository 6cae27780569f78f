"""What leaves for our own services: results and alerts to Kafka, questions by HTTP."""
