"""From a worked solution to the exercise, and to other platforms."""
