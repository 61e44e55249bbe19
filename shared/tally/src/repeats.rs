//! How tables write what repeats the value of other rows.

/// Whether a partner stands for all economies together, as statistics write it.
#[must_use]
pub fn is_world(partner: &[u8]) -> bool {
    matches!(partner.trim_ascii(), b"World" | b"WORLD" | b"W00" | b"WLD" | b"0" | b"000")
}

/// The names of the flow that a flow is a part of: re-exports of exports, say. By its code, its name, or its old number.
#[must_use]
pub fn flow_within(flow: &[u8]) -> Option<&'static [&'static [u8]]> {
    const EXPORTS: &[&[u8]] = &[b"X", b"Export", b"Exports"];
    const IMPORTS: &[&[u8]] = &[b"M", b"Import", b"Imports"];
    match flow.trim_ascii() {
        b"RX" | b"DX" | b"XIP" | b"XOP" | b"Re-Export" | b"Re-export" | b"Re-exports" | b"Domestic Export" => {
            Some(EXPORTS)
        }
        b"RM" | b"FM" | b"MIP" | b"MOP" | b"Re-Import" | b"Re-import" | b"Re-imports" | b"Foreign Import" => {
            Some(IMPORTS)
        }
        // As they were numbered.
        b"3" => Some(&[b"2"]),
        b"4" => Some(&[b"1"]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_and_the_parts_of_flows_are_known_as_statistics_write_them() {
        assert!(["World", "W00", " 0", "000"].map(str::as_bytes).into_iter().all(is_world));
        assert!(!["", "156", "China", "00"].map(str::as_bytes).into_iter().any(is_world));
        let is_part_of_flow = |flow: &str| flow_within(flow.as_bytes()).is_some();
        assert!(["RM", "Re-Export", "3", " RX"].into_iter().all(is_part_of_flow));
        assert!(!["", "M", "X", "1", "2", "Import"].into_iter().any(is_part_of_flow));
    }
}
