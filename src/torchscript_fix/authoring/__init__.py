"""For those who write rules: their examples, read and executed, and the commands that help."""
