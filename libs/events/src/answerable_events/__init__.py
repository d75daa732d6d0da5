"""Event contracts: envelope, event types, topics registry, CloudEvents codec, compatibility."""
