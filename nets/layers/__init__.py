"""Layers of the papers that Keras lacks."""
