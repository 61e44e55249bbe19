//! Keys and signatures: JWK, strict compact JWS, one verify routine for everyone.
