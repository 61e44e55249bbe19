//! Signed credentials: keys, compact JWS, UNTP conformity documents, certificate numbers.
