"""A network as a page: its stages, units and layers, and what they make of a picture."""
