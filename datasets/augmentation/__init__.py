"""Augmentation: a catalogue of Keras layers, and the lecture's chain fused in NumPy, which is fast.

Neither TensorFlow nor Keras is imported by the package itself; `layers` imports Keras.
"""
