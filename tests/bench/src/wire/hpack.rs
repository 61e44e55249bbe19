//! HPACK (RFC 7541): the two header blocks of one client, and `grpc-status` out of a server's trailers.

/// Entries a dynamic table may hold by default, in bytes (RFC 7541, section 4.2 and RFC 9113, section 6.5.2).
const TABLE_BYTES: usize = 4096;
/// What each entry costs beside its text (RFC 7541, section 4.1).
const ENTRY_BYTES: usize = 32;
/// The first index behind the static table.
const FIRST_DYNAMIC: u8 = 62;

const METHOD_POST: u8 = 0x83;
const SCHEME_HTTP: u8 = 0x86;
const INDEXED: u8 = 0x80;
const LITERAL_INDEXED: u8 = 0x40;

/// The header blocks of a connection on which every request is alike.
#[derive(Debug, Clone)]
pub(super) struct RequestBlocks {
    /// The first request's: spells each header out and puts it into the server's table.
    pub(super) first: Vec<u8>,
    /// Every later request's: names the table's entries.
    pub(super) again: Vec<u8>,
}

impl RequestBlocks {
    /// Blocks for a call of `path` at `authority`; `None` when the headers do not fit the default table.
    pub(super) fn new(authority: &str, path: &str, token: Option<&str>) -> Option<Self> {
        // (index of the name in the static table or the name itself, value)
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut fields: Vec<(Result<u8, &str>, &str)> = vec![
            (Ok(4), path),
            (Ok(1), authority),
            (Ok(31), "application/grpc"),
            (Err("te"), "trailers"),
            (Err("grpc-timeout"), "20S"),
            (Ok(58), "greenlane-bench"),
        ];
        fields.extend(bearer.as_deref().map(|bearer| (Ok(23), bearer)));

        let mut first = vec![METHOD_POST, SCHEME_HTTP];
        let mut again = first.clone();
        let mut table_bytes = 0;
        let newest = FIRST_DYNAMIC + u8::try_from(fields.len()).ok()? - 1;
        for (position, (name, value)) in (0u8..).zip(&fields) {
            let name_bytes = match name {
                Ok(index) => {
                    integer(&mut first, LITERAL_INDEXED, 6, usize::from(*index));
                    "content-type".len()
                }
                Err(name) => {
                    first.push(LITERAL_INDEXED);
                    text(&mut first, name);
                    name.len()
                }
            };
            text(&mut first, value);
            table_bytes += name_bytes + value.len() + ENTRY_BYTES;
            again.push(INDEXED | (newest - position));
        }
        (table_bytes <= TABLE_BYTES).then_some(Self { first, again })
    }
}

/// The value of `grpc-status` in a block of a server that was told to keep no table.
pub(super) fn grpc_status(block: &[u8]) -> Option<u32> {
    let mut rest = block;
    let mut status = None;
    while let Some(&byte) = rest.first() {
        let prefix_bits = match byte {
            0x80..=0xff => 7,
            0x40..=0x7f => 6,
            0x20..=0x3f => 5,
            _ => 4,
        };
        let index = take_integer(&mut rest, prefix_bits)?;
        if prefix_bits == 7 || prefix_bits == 5 {
            continue; // an indexed header, which from the static table is never grpc-status, or a change of table size
        }
        let is_status = if index == 0 { take_text(&mut rest)?.is_grpc_status() } else { false };
        let value = take_text(&mut rest)?;
        if is_status {
            status = value.number();
        }
    }
    status
}

/// A string as it stands in a block.
struct Text<'a> {
    huffman: bool,
    bytes: &'a [u8],
}

impl Text<'_> {
    fn is_grpc_status(&self) -> bool {
        const NAME: &[u8] = b"grpc-status";
        if self.huffman { self.bytes == huffman(NAME) } else { self.bytes == NAME }
    }

    /// One of gRPC's seventeen codes.
    fn number(&self) -> Option<u32> {
        (0..=16u32).find(|code| {
            let digits = code.to_string();
            if self.huffman { self.bytes == huffman(digits.as_bytes()) } else { self.bytes == digits.as_bytes() }
        })
    }
}

/// Huffman code of a text of the few characters that are needed here (RFC 7541, appendix B).
fn huffman(text: &[u8]) -> Vec<u8> {
    let mut bits: u128 = 0;
    let mut used = 0u32;
    for byte in text {
        let (code, length) = match byte {
            b'0' => (0x00, 5),
            b'1' => (0x01, 5),
            b'2' => (0x02, 5),
            b'3' => (0x19, 6),
            b'4' => (0x1a, 6),
            b'5' => (0x1b, 6),
            b'6' => (0x1c, 6),
            b'7' => (0x1d, 6),
            b'8' => (0x1e, 6),
            b'9' => (0x1f, 6),
            b'-' => (0x16, 6),
            b'a' => (0x03, 5),
            b'c' => (0x04, 5),
            b'g' => (0x26, 6),
            b'p' => (0x2b, 6),
            b'r' => (0x2c, 6),
            b's' => (0x08, 5),
            b't' => (0x09, 5),
            b'u' => (0x2d, 6),
            _ => return Vec::new(),
        };
        bits = (bits << length) | code;
        used += length;
    }
    let padding = (8 - used % 8) % 8;
    bits = (bits << padding) | ((1 << padding) - 1);
    let bytes = (used + padding) / 8;
    bits.to_be_bytes()[16 - bytes as usize..].to_vec()
}

fn integer(out: &mut Vec<u8>, pattern: u8, prefix_bits: u8, value: usize) {
    let limit = (1usize << prefix_bits) - 1;
    if value < limit {
        out.push(pattern | value as u8);
        return;
    }
    out.push(pattern | limit as u8);
    let mut rest = value - limit;
    while rest >= 128 {
        out.push(0x80 | (rest % 128) as u8);
        rest /= 128;
    }
    out.push(rest as u8);
}

fn text(out: &mut Vec<u8>, value: &str) {
    integer(out, 0, 7, value.len());
    out.extend_from_slice(value.as_bytes());
}

fn take_integer(rest: &mut &[u8], prefix_bits: u8) -> Option<usize> {
    let (&first, mut tail) = rest.split_first()?;
    let limit = (1usize << prefix_bits) - 1;
    let mut value = usize::from(first) & limit;
    if value == limit {
        for shift in (0..28).step_by(7) {
            let (&byte, after) = tail.split_first()?;
            tail = after;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                *rest = tail;
                return Some(value);
            }
        }
        return None;
    }
    *rest = tail;
    Some(value)
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<Text<'a>> {
    let huffman = rest.first()? & 0x80 != 0;
    let length = take_integer(rest, 7)?;
    let (bytes, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(Text { huffman, bytes })
}
