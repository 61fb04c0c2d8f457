"""Read: turn a user's text into values, and every problem in it into a diagnostic."""
