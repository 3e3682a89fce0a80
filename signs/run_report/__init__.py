"""A run as a page: what was trained on what, how well, and what the network sees."""
