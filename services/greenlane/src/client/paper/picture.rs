//! A picture in black and white: a PNG's own compressed rows, which a PDF takes as they are.

use anyhow::ensure;

/// A picture of one bit a pixel.
pub(crate) struct Picture {
    pub(super) width: i32,
    pub(super) height: i32,
    /// The rows with their filters, deflated.
    pub(super) rows: Vec<u8>,
}

impl Picture {
    /// Reads a PNG of one bit of grey a pixel, not interlaced: what the registry draws QR codes as.
    pub(crate) fn of_png(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap_or_default();
        let (mut size, mut rows) = (None, Vec::new());
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length))?;
            let Some((kind, after)) = after.split_first_chunk::<4>() else { break };
            let Some((content, after)) = after.split_at_checked(length) else { break };
            match kind {
                b"IHDR" => {
                    let [a, b, c, d, e, f, g, h, depth @ 1, colour @ 0, _, _, interlaced @ 0] = content else {
                        anyhow::bail!("the picture is not in black and white");
                    };
                    let _ = (depth, colour, interlaced);
                    size = Some((i32::from_be_bytes([*a, *b, *c, *d]), i32::from_be_bytes([*e, *f, *g, *h])));
                }
                b"IDAT" => rows.extend_from_slice(content),
                _ => {}
            }
            // Behind the content stands its checksum.
            rest = after.get(4..).unwrap_or_default();
        }
        let (width, height) = size.unwrap_or_default();
        ensure!(width > 0 && height > 0 && !rows.is_empty(), "the picture is no PNG");
        Ok(Self { width, height, rows })
    }
}
