"""What can be said of a network without training it: stages, costs, receptive fields, plots."""
