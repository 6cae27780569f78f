"""All SQL of merchant-admin; functions of a transaction."""
