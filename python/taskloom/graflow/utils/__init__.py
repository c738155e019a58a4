"""Names of `graflow.utils`."""
