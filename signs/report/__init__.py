"""The page about a learner's progress, for herself."""
