"""Human in the loop: questions that tasks ask people."""
