//! Identifiers that are one thing in every service.

/// What is wrong with the identifier in a body's resource name: it is 3 to 63 of `a-z 0-9 -`, begins with a letter and does
/// not end with a hyphen. A catalogue that took others would speak of bodies that no registry can have.
///
/// # Errors
/// The rule, as the end of a sentence.
pub fn check_body_id(raw: &str) -> Result<(), &'static str> {
    let bytes = raw.as_bytes();
    let good = (3..=63).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && bytes[bytes.len() - 1] != b'-';
    if good {
        Ok(())
    } else {
        Err("must be 3 to 63 characters of a-z, 0-9 and -, begin with a letter and not end with a hyphen")
    }
}
