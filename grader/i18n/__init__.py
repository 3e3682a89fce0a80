"""The languages of the grader, and the catalogues of their translations."""
