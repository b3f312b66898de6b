"""The rewrites: one rule a file, found by looking into this folder."""
