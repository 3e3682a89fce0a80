"""What was trained: runs that are kept are listed, compared, tested again and used on pictures."""
