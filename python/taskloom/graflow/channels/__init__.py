"""Names of `graflow.channels`."""
