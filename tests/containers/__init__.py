"""The services in containers: `make containers`."""
