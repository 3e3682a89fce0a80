"""The learner's commands: watch, status, hints, reset, and the solution side by side."""
