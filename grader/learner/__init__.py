"""The learner's loop: watch, status, hints, reset, and the solution side by side."""
