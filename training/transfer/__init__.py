"""Transfer learning: pre-training, fine-tuning, and the study of both."""
