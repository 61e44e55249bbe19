//! How tables write what repeats the value of other rows.

/// Whether a partner stands for all economies together, as statistics write it.
#[must_use]
pub fn is_world(partner: &str) -> bool {
    matches!(partner.trim(), "World" | "WORLD" | "W00" | "WLD" | "0" | "000")
}

/// Whether a flow is a part of another: re-exports of exports, say. By its code, its name, or its old number.
#[must_use]
pub fn is_part_of_flow(flow: &str) -> bool {
    let exports = ["RX", "DX", "XIP", "XOP", "Re-Export", "Re-export", "Re-exports", "Domestic Export", "3"];
    let imports = ["RM", "FM", "MIP", "MOP", "Re-Import", "Re-import", "Re-imports", "Foreign Import", "4"];
    let flow = flow.trim();
    exports.contains(&flow) || imports.contains(&flow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_and_the_parts_of_flows_are_known_as_statistics_write_them() {
        assert!(["World", "W00", " 0", "000"].into_iter().all(is_world));
        assert!(!["", "156", "China", "00"].into_iter().any(is_world));
        assert!(["RM", "Re-Export", "3", " RX"].into_iter().all(is_part_of_flow));
        assert!(!["", "M", "X", "1", "2", "Import"].into_iter().any(is_part_of_flow));
    }
}
