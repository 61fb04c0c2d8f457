"""Show: turn blocks of whole lines into bytes for people, programs and files."""
