"""The synthetic twin of SIGNS: hands that are posed, drawn and photographed by code."""
