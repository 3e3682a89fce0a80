"""All code of a submission's process: the sandbox mounts this folder and no other of the grader."""
