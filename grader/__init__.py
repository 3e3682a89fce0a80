"""Checks an exercise: runs it in a process of its own, compares it with nets, explains, scores."""
