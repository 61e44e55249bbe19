//! QR codes (ISO/IEC 18004): what a certificate is printed with.

use qrcode::render::{svg, unicode::Dense1x2};
use qrcode::{Color, EcLevel, QrCode};

/// Form of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Svg,
    Png,
    Terminal,
}

impl Form {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Terminal => "text/plain; charset=utf-8",
        }
    }
}

/// How much of a code may be lost before it cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resilience {
    /// 15%: for short texts, which are printed small and get scratched.
    Medium,
    /// 7%: for long ones, which have to fit.
    Low,
}

/// Modules of the white border that readers need.
const QUIET: usize = 4;

/// Pixels of a module in a PNG, for codes of few and of many modules.
const PIXELS: (usize, usize) = (10, 5);

/// Draws the code of a text.
pub(crate) fn draw(text: &str, form: Form, resilience: Resilience) -> Result<Vec<u8>, String> {
    let level = match resilience {
        Resilience::Medium => EcLevel::M,
        Resilience::Low => EcLevel::L,
    };
    let code = QrCode::with_error_correction_level(text, level).map_err(|error| error.to_string())?;
    match form {
        Form::Svg => Ok(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build().into_bytes()),
        // Filled blocks are light on a dark terminal, which most are; readers take the other polarity, too.
        Form::Terminal => {
            let text = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
            Ok(format!("{text}\n").into_bytes())
        }
        Form::Png => png(&code).map_err(|error| error.to_string()),
    }
}

fn png(code: &QrCode) -> Result<Vec<u8>, png::EncodingError> {
    let modules = code.width();
    let pixels = if modules > 60 { PIXELS.1 } else { PIXELS.0 };
    let side = (modules + 2 * QUIET) * pixels;
    let colors = code.to_colors();
    let is_dark = |x: usize, y: usize| {
        let place = |at: usize| (at / pixels).checked_sub(QUIET).filter(|module| *module < modules);
        place(x).zip(place(y)).is_some_and(|(x, y)| colors[y * modules + x] == Color::Dark)
    };
    // One bit a pixel, 1 for white, rows in whole bytes.
    let mut image = vec![0xFF_u8; side.div_ceil(8) * side];
    for y in 0..side {
        for x in (0..side).filter(|x| is_dark(*x, y)) {
            image[y * side.div_ceil(8) + x / 8] &= !(0x80 >> (x % 8));
        }
    }
    let mut bytes = Vec::new();
    let width = u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut bytes, width, width);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&image)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader makes of a picture, given the lightness of its pixels.
    fn read(side: usize, light: impl Fn(usize, usize) -> bool) -> String {
        let pixel = |x, y| if light(x, y) { 255 } else { 0 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, pixel);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code is seen");
        grids[0].decode().unwrap().1
    }

    fn read_png(bytes: &[u8]) -> String {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut image = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut image).unwrap();
        let side = info.width as usize;
        read(side, |x, y| image[y * info.line_size + x / 8] >> (7 - x % 8) & 1 == 1)
    }

    /// The terminal's text as pixels: each character is two modules, one above the other; filled is light.
    fn read_text(bytes: &[u8]) -> String {
        let rows: Vec<Vec<char>> =
            std::str::from_utf8(bytes).unwrap().lines().map(|row| row.chars().collect()).collect();
        let side = rows[0].len();
        read(side * 4, |x, y| {
            let (x, y) = (x / 4, y / 4);
            match rows.get(y / 2).map(|row| row[x]) {
                Some('█') => true,
                Some('▀') => y % 2 == 0,
                Some('▄') => y % 2 == 1,
                Some(_) => false,
                None => true,
            }
        })
    }

    #[test]
    fn what_is_drawn_is_read_again() {
        let link = "https://registry.example.org/certificates/GLXA2ABCDEFGHJKM3W";
        let long: String = "GL1:0123456789 ABCDEFGHIJ.".repeat(30);
        for (text, resilience) in [(link, Resilience::Medium), (long.as_str(), Resilience::Low)] {
            assert_eq!(read_png(&draw(text, Form::Png, resilience).unwrap()), text);
            assert_eq!(read_text(&draw(text, Form::Terminal, resilience).unwrap()), text);
        }
        let picture = String::from_utf8(draw(link, Form::Svg, Resilience::Medium).unwrap()).unwrap();
        assert!(picture.contains("<svg") && picture.contains("<path"), "{picture}");
        assert!(draw(&"A".repeat(5_000), Form::Svg, Resilience::Low).is_err());
    }
}
