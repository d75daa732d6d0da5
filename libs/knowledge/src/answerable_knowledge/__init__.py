"""Documents to passages to index: decoding, parsing, chunking, access, snapshots, ranking."""
