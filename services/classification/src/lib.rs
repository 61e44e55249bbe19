//! The classification service: HS codes, editions, correlations, green lists.
