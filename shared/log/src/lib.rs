//! A transparency log: RFC 6962 hashing, C2SP checkpoints, notes and tiles.
