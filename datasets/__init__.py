"""SIGNS, its synthetic twin, and where to find them; neither TensorFlow nor Keras is imported."""
