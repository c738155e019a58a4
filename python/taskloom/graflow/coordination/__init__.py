"""Names of `graflow.coordination`."""
