"""What one model gains and loses against another: paired differences, claims judged by them, and both in words."""
