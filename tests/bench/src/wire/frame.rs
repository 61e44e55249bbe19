//! HTTP/2 frames (RFC 9113, section 4): enough of them for a client that asks and listens.

/// What a client says first (RFC 9113, section 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of a frame's header.
pub(super) const HEADER_BYTES: usize = 9;
/// The largest payload that may be sent without asking.
pub(super) const MAX_PAYLOAD_BYTES: usize = 16_384;
/// What we grant the server for the whole connection, at once and again when half is used.
pub(super) const CONNECTION_WINDOW_BYTES: u32 = 1 << 30;
const STREAM_WINDOW_BYTES: u32 = 1 << 24;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const ACK: u8 = 1;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// A frame's header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) length: usize,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
}

impl Head {
    /// Reads the nine bytes, when they are there.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [l2, l1, l0, kind, flags, s3, s2, s1, s0, ..] = *bytes else { return None };
        Some(Self {
            length: u32::from_be_bytes([0, l2, l1, l0]) as usize,
            kind,
            flags,
            stream: u32::from_be_bytes([s3 & 0x7f, s2, s1, s0]),
        })
    }

    pub(super) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Appends a frame's header.
pub(super) fn head(out: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: u32) {
    debug_assert!(length <= MAX_PAYLOAD_BYTES);
    out.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
}

/// Appends the client's preface, its settings, and the window it grants.
pub(super) fn greeting(out: &mut Vec<u8>) {
    // A header table of zero makes the server spell its headers out: its answers are read without keeping a table.
    const HEADER_TABLE_SIZE: u16 = 1;
    const ENABLE_PUSH: u16 = 2;
    const INITIAL_WINDOW_SIZE: u16 = 4;
    let settings = [(HEADER_TABLE_SIZE, 0), (ENABLE_PUSH, 0), (INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES)];
    out.extend_from_slice(PREFACE);
    head(out, settings.len() * 6, SETTINGS, 0, 0);
    for (key, value) in settings {
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
    window_update(out, CONNECTION_WINDOW_BYTES);
}

/// Grants the server more bytes on the connection.
pub(super) fn window_update(out: &mut Vec<u8>, increment: u32) {
    head(out, 4, WINDOW_UPDATE, 0, 0);
    out.extend_from_slice(&increment.to_be_bytes());
}

/// A four-byte number inside a payload, its reserved bit cleared.
pub(super) fn number(payload: &[u8]) -> Option<u32> {
    let bytes = payload.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*bytes) & 0x7fff_ffff)
}
