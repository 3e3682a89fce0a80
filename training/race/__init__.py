"""The race: how soon a small, fast network reads hands."""
