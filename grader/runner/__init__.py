"""What a submission's process is made of, and nothing else: the sandbox shows this folder whole."""
