"""What is taken out of articles, and which of them are copies of one another."""
