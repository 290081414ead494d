"""Where the dance goes besides the page: receivers over UDP, and files."""
