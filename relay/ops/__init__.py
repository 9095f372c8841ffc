"""What connects the relay to its machine: the clock, fresh ids, logs, the service manager."""
