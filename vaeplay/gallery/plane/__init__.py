"""The rate–distortion plane, or any two metrics against each other."""
