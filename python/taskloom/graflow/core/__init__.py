"""Names of `graflow.core`."""
