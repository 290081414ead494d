"""The wire's codecs: bytes in, values out; no sockets."""
