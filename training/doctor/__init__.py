"""Whether training can use this machine's GPU: what is there, what is wrong, what to type."""
