//! The file.

use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};
use pdf_writer::{
    Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, Predictor, SystemInfo, UnicodeCmap},
};

use super::{
    Paper,
    font::Embedded,
    layout::{HEIGHT, WIDTH},
};

const IDENTITY: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

impl Paper {
    /// The document, under a title. Same pages, same bytes.
    pub(crate) fn finish(self, title: &str) -> anyhow::Result<Vec<u8>> {
        let mut pdf = Pdf::new();
        let mut next = Ref::new(1);
        let (catalog, tree, info, picture) = (next.bump(), next.bump(), next.bump(), next.bump());
        let mut writer = pdf.catalog(catalog);
        writer.pages(tree).lang(TextStr("en"));
        writer.viewer_preferences().display_doc_title(true);
        writer.finish();
        pdf.document_info(info).title(TextStr(title)).producer(TextStr("greenlane"));

        let fonts: Vec<(String, Ref)> =
            (0..self.typeface.fonts.len()).map(|index| (format!("F{index}"), next.bump())).collect();
        for (font, (_, id)) in self.typeface.fonts.iter().zip(&fonts) {
            write_font(&mut pdf, font, *id, &mut next)?;
        }
        if let Some(it) = &self.picture {
            let mut image = pdf.image_xobject(picture, &it.rows);
            image.filter(Filter::FlateDecode);
            image.width(it.width).height(it.height).bits_per_component(1);
            image.color_space().device_gray();
            image.decode_parms().predictor(Predictor::PngOptimum).colors(1).bits_per_component(1).columns(it.width);
        }

        let mut pages = Vec::new();
        for content in self.pages {
            let (page, stream) = (next.bump(), next.bump());
            let content = deflate(&content.finish())?;
            pdf.stream(stream, &content).filter(Filter::FlateDecode);
            let mut writer = pdf.page(page);
            writer.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(stream);
            let mut resources = writer.resources();
            let mut named = resources.fonts();
            for (name, id) in &fonts {
                named.pair(Name(name.as_bytes()), *id);
            }
            named.finish();
            if self.picture.is_some() {
                resources.x_objects().pair(Name(b"Picture"), picture);
            }
            pages.push(page);
        }
        let count = i32::try_from(pages.len())?;
        pdf.pages(tree).kids(pages).count(count);
        Ok(pdf.finish())
    }
}

/// A font with the glyphs that are used, and the characters that they stand for, so that text can be copied.
fn write_font(pdf: &mut Pdf, font: &Embedded, id: Ref, next: &mut Ref) -> anyhow::Result<()> {
    let (descendant, descriptor, cmap, program) = (next.bump(), next.bump(), next.bump(), next.bump());
    let name = Name(font.name.as_bytes());
    pdf.type0_font(id)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(cmap);
    let mut writer = pdf.cid_font(descendant);
    writer.subtype(if font.is_cff { CidFontType::Type0 } else { CidFontType::Type2 });
    writer.base_font(name).system_info(IDENTITY).font_descriptor(descriptor).default_width(0.0);
    if !font.is_cff {
        writer.cid_to_gid_map_predefined(Name(b"Identity"));
    }
    let mut widths = writer.widths();
    for (glyph, (_, width)) in &font.glyphs {
        widths.consecutive(*glyph, [*width]);
    }
    widths.finish();
    writer.finish();

    let [left, bottom, right, top] = font.bounds;
    let mut writer = pdf.font_descriptor(descriptor);
    writer.name(name).flags(FontFlags::SYMBOLIC).bbox(Rect::new(left, bottom, right, top)).italic_angle(0.0);
    writer.ascent(font.ascent).descent(font.descent).cap_height(font.ascent).stem_v(80.0);
    if font.is_cff {
        writer.font_file3(program);
    } else {
        writer.font_file2(program);
    }
    writer.finish();

    let mut characters = UnicodeCmap::new(Name(b"Characters"), IDENTITY);
    for (glyph, (character, _)) in &font.glyphs {
        characters.pair(*glyph, *character);
    }
    let characters = characters.finish();
    pdf.cmap(cmap, &characters).name(Name(b"Characters")).system_info(IDENTITY);

    let packed = deflate(&font.program)?;
    let mut stream = pdf.stream(program, &packed);
    stream.filter(Filter::FlateDecode);
    if font.is_cff {
        stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    } else {
        stream.pair(Name(b"Length1"), i32::try_from(font.program.len())?);
    }
    Ok(())
}

fn deflate(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
