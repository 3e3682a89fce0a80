"""SIGNS, its synthetic twin, the Happy House, and where to find them; no framework is imported."""
