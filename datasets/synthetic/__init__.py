"""Hands that are posed, drawn and photographed by code: the stand-in for SIGNS, and the twin."""
