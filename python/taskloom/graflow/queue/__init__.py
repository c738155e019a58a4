"""Names of `graflow.queue`."""
