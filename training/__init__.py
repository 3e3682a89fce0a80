"""Training: recipes as data, one fit function, and what a run leaves behind."""
