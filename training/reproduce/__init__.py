"""The reference runs: which there are, how they are run, and the table of their accuracies."""
