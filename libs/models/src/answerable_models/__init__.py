"""Generators and embedders behind ports, the registry of models, versioned prompts."""
