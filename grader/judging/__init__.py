"""Grade a submission: read it, run it in the runner, compare it with nets, explain in words."""
