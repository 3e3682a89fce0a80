"""Grade a class: a folder of submissions, a store of their results, a page about all of them."""
