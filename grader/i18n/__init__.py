"""English and Chinese: which is spoken, and the catalogues of translations."""
