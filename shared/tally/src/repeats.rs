//! How tables write what repeats the value of other rows.

/// Whether a partner stands for all economies together, as statistics write it.
#[must_use]
pub fn is_world(partner: &[u8]) -> bool {
    const NAMES: [&[u8]; 3] = [b"World", b"W00", b"WLD"];
    let partner = partner.trim_ascii();
    matches!(partner, b"0" | b"000") || NAMES.into_iter().any(|name| name.eq_ignore_ascii_case(partner))
}

/// Whether a partner is one economy, or several: not the world, and not nothing, which says of no partner that it is one.
#[must_use]
pub fn is_economy(partner: &[u8]) -> bool {
    !partner.trim_ascii().is_empty() && !is_world(partner)
}

/// The code of a flow that is written so in small letters or large ones. None of what is no such code: a word, a number.
fn known_flow(flow: &[u8]) -> Option<&'static str> {
    const CODES: [&str; 10] = ["M", "X", "RX", "RM", "DX", "FM", "MIP", "MOP", "XIP", "XOP"];
    CODES.into_iter().find(|code| code.as_bytes().eq_ignore_ascii_case(flow))
}

/// A flow without blanks around it, its code in large letters: `m` and `M` are one.
#[must_use]
pub fn flow_code(flow: &[u8]) -> &[u8] {
    let flow = flow.trim_ascii();
    known_flow(flow).map_or(flow, str::as_bytes)
}

/// The same of a text.
#[must_use]
pub fn flow_text(flow: &str) -> &str {
    let flow = flow.trim();
    known_flow(flow.as_bytes()).unwrap_or(flow)
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

/// Flows that are kept apart: there are a dozen, and a column of anything else is none of flows.
const FLOWS: usize = 64;

/// The flows of a table, as they are written.
#[derive(Clone, Debug, Default)]
pub struct Flows(Vec<Vec<u8>>);

impl Flows {
    /// Notes that there are rows of a flow.
    pub fn note(&mut self, flow: &[u8]) {
        let flow = flow.trim_ascii();
        // Rows of one flow often follow one another, and there are few.
        if !self.0.iter().any(|known| known == flow) && self.0.len() < FLOWS {
            self.0.push(flow.to_vec());
        }
    }

    /// Whether a flow is a part of another one that is there.
    #[must_use]
    pub fn is_part(&self, flow: &[u8]) -> bool {
        flow_within(flow).is_some_and(|whole| self.0.iter().any(|known| whole.contains(&known.as_slice())))
    }

    /// Whether any is.
    #[must_use]
    pub fn have_parts(&self) -> bool {
        self.0.iter().any(|flow| self.is_part(flow))
    }

    /// Those that are named and no part of another. None where there are too many to be flows.
    #[must_use]
    pub fn wholes(&self) -> Vec<&[u8]> {
        let wholes = self.0.iter().map(Vec::as_slice).filter(|flow| !flow.is_empty() && !self.is_part(flow));
        if self.0.len() < FLOWS { wholes.collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_and_the_parts_of_flows_are_known_as_statistics_write_them() {
        assert!(
            ["World", "W00", " 0", "000", "world", "wld", "w00", "WORLD "].map(str::as_bytes).into_iter().all(is_world)
        );
        assert!(!["", "156", "China", "00", "worlds"].map(str::as_bytes).into_iter().any(is_world));
        let is_part_of_flow = |flow: &str| flow_within(flow.as_bytes()).is_some();
        assert!(["RM", "Re-Export", "3", " RX"].into_iter().all(is_part_of_flow));
        assert!(!["", "M", "X", "1", "2", "Import"].into_iter().any(is_part_of_flow));
    }

    #[test]
    fn a_flow_is_one_in_small_letters_and_in_large_ones() {
        for (written, flow) in
            [("m", "M"), (" X ", "X"), ("Rx", "RX"), ("mip", "MIP"), ("Import", "Import"), ("1", "1")]
        {
            assert_eq!((flow_text(written), flow_code(written.as_bytes())), (flow, flow.as_bytes()));
        }
    }

    #[test]
    fn a_partner_that_is_not_named_is_neither_an_economy_nor_the_world() {
        assert!(["156", "China", "EU-28", "_X"].map(str::as_bytes).into_iter().all(is_economy));
        assert!(!["", " ", "World", "0"].map(str::as_bytes).into_iter().any(is_economy));
    }

    #[test]
    fn a_flow_is_a_part_where_the_table_has_the_whole() {
        let mut flows = Flows::default();
        for flow in ["RX", "", " M", "M", "RX"] {
            flows.note(flow.as_bytes());
        }
        assert!(!flows.have_parts() && !flows.is_part(b"RX") && flows.is_part(b"RM"));
        let wholes = |flows: &Flows| flows.wholes().into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(wholes(&flows), ["RX", "M"].map(|flow| flow.as_bytes().to_vec()));
        flows.note(b"X");
        assert!(flows.have_parts() && flows.is_part(b"RX"));
        assert_eq!(wholes(&flows), ["M", "X"].map(|flow| flow.as_bytes().to_vec()));
        (0..FLOWS).for_each(|number| flows.note(number.to_string().as_bytes()));
        assert!(flows.wholes().is_empty(), "they are no flows");
    }
}
