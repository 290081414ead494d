"""What ships to be danced to at once: a track of our own and the script that renders it."""
