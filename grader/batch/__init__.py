"""A class: many submissions, the store of their results, and the page about all of them."""
