//! Text on A4 pages, from top to bottom.

use pdf_writer::{Content, Name, Str, types::TextRenderingMode};

use super::{Picture, Typeface};

pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 56.0;
/// Where the text of a page ends: below it stands its foot.
const BOTTOM: f32 = 84.0;
/// Where what is told of a thing begins, right of what it is called.
const VALUES: f32 = 205.0;
/// Between what has nothing to do with one another.
const GAP: f32 = 8.0;

/// A colour, as red, green and blue of 0 to 1.
pub(crate) type Colour = [f32; 3];

const INK: Colour = [0.1, 0.1, 0.1];
const PALE: Colour = [0.42, 0.42, 0.42];

/// Pages that are being written.
pub(crate) struct Paper {
    pub(super) typeface: Typeface,
    pub(super) pages: Vec<Content>,
    pub(super) picture: Option<Picture>,
    /// Where the next line ends up, from below.
    y: f32,
    /// How far lines may go to the right, above `narrow_until`.
    narrow: f32,
    narrow_until: f32,
}

impl Paper {
    /// One empty page.
    pub(crate) fn new(typeface: Typeface) -> Self {
        let top = HEIGHT - MARGIN;
        Self { typeface, pages: vec![Content::new()], picture: None, y: top, narrow: 0.0, narrow_until: HEIGHT }
    }

    /// Puts a picture into the upper right corner of the first page; lines beside it are shorter.
    pub(crate) fn picture(&mut self, picture: Picture, side: f32) {
        let (x, y) = (WIDTH - MARGIN - side, HEIGHT - MARGIN - side);
        let page = &mut self.pages[0];
        page.save_state().transform([side, 0.0, 0.0, side, x, y]).x_object(Name(b"Picture")).restore_state();
        (self.narrow, self.narrow_until) = (side + 16.0, y - GAP);
        self.picture = Some(picture);
    }

    /// A line of its own size.
    pub(crate) fn heading(&mut self, text: &str, size: f32) {
        let width = self.room(MARGIN);
        for line in self.typeface.wrap(text, size, width) {
            self.down(size * 1.3);
            self.put(&line, MARGIN, size, INK, true);
        }
        self.y -= size * 0.3;
    }

    /// A paragraph.
    pub(crate) fn text(&mut self, text: &str, size: f32) {
        let width = self.room(MARGIN);
        for line in self.typeface.wrap(text, size, width) {
            self.down(size * 1.45);
            self.put(&line, MARGIN, size, PALE, false);
        }
    }

    /// A line in a box of a colour.
    pub(crate) fn banner(&mut self, text: &str, colour: Colour) {
        const SIZE: f32 = 12.0;
        let width = self.room(MARGIN);
        let lines = self.typeface.wrap(text, SIZE, width - 2.0 * GAP);
        self.gap();
        for line in lines {
            self.down(SIZE * 1.8);
            let (y, page) = (self.y, self.page());
            page.save_state().set_fill_rgb(colour[0], colour[1], colour[2]);
            page.rect(MARGIN, y - SIZE * 0.5, width, SIZE * 1.8).fill_nonzero().restore_state();
            self.put(&line, MARGIN + GAP, SIZE, [1.0; 3], true);
        }
        self.gap();
    }

    /// What a thing is called, in two languages or in one, and what is told of it, one paragraph each; nothing for nothing.
    pub(crate) fn field(&mut self, (english, chinese): (&str, &str), values: &[String]) {
        const SIZE: f32 = 9.5;
        if values.iter().all(String::is_empty) {
            return;
        }
        let width = self.room(VALUES);
        let paragraphs = values.iter().filter(|value| !value.is_empty());
        let lines: Vec<String> = paragraphs.flat_map(|value| self.typeface.wrap(value, SIZE, width)).collect();
        // What it is called does not stand alone at the end of a page.
        self.keep(SIZE * 3.0);
        let mut called = [(english, INK), (chinese, PALE)].into_iter().filter(|(name, _)| !name.is_empty());
        let mut lines = lines.into_iter();
        loop {
            let (name, line) = (called.next(), lines.next());
            if name.is_none() && line.is_none() {
                break;
            }
            self.down(SIZE * 1.4);
            if let Some((name, colour)) = name {
                self.put(name, MARGIN, SIZE - 0.5, colour, false);
            }
            self.put(&line.unwrap_or_default(), VALUES, SIZE, INK, false);
        }
        self.y -= GAP * 0.6;
    }

    /// A line across the page.
    pub(crate) fn rule(&mut self) {
        self.gap();
        let right = MARGIN + self.room(MARGIN);
        let (y, page) = (self.y, self.page());
        page.save_state().set_stroke_rgb(0.7, 0.7, 0.7).set_line_width(0.6);
        page.move_to(MARGIN, y).line_to(right, y).stroke().restore_state();
        self.gap();
    }

    /// What stands at the foot of each page, and its number there.
    pub(crate) fn feet(&mut self, lines: &[String]) {
        const SIZE: f32 = 7.5;
        let pages = self.pages.len();
        let foot: Vec<_> =
            lines.iter().flat_map(|line| self.typeface.wrap(line, SIZE, WIDTH - 2.0 * MARGIN - 40.0)).collect();
        for page in 0..pages {
            let number = format!("{} / {pages}", page + 1);
            let x = WIDTH - MARGIN - self.typeface.width(&number, SIZE);
            write(&self.typeface, &mut self.pages[page], &number, (x, BOTTOM - 28.0), SIZE, PALE, false);
            for (index, line) in (0_u8..).zip(&foot) {
                let y = BOTTOM - 28.0 - f32::from(index) * SIZE * 1.4;
                write(&self.typeface, &mut self.pages[page], line, (MARGIN, y), SIZE, PALE, false);
            }
        }
    }

    /// The characters that `feet` needs beside those of its lines.
    pub(crate) const NUMBERS: &'static str = "0123456789 /";

    fn gap(&mut self) {
        self.y -= GAP;
    }

    fn page(&mut self) -> &mut Content {
        // There is always one.
        if self.pages.is_empty() {
            self.pages.push(Content::new());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// How long a line is that begins at `x`.
    fn room(&self, x: f32) -> f32 {
        let right = if self.pages.len() == 1 && self.y > self.narrow_until { self.narrow } else { 0.0 };
        WIDTH - MARGIN - right - x
    }

    fn down(&mut self, by: f32) {
        self.keep(by);
        self.y -= by;
    }

    /// Goes on on a new page unless there is this much left of this one.
    pub(crate) fn keep(&mut self, height: f32) {
        if self.y - height < BOTTOM {
            self.pages.push(Content::new());
            self.y = HEIGHT - MARGIN;
        }
    }

    fn put(&mut self, text: &str, x: f32, size: f32, colour: Colour, bold: bool) {
        let at = (x, self.y);
        let last = self.pages.len() - 1;
        write(&self.typeface, &mut self.pages[last], text, at, size, colour, bold);
    }
}

/// Writes a line: each run of characters of one font by itself.
fn write(typeface: &Typeface, page: &mut Content, text: &str, at: (f32, f32), size: f32, colour: Colour, bold: bool) {
    let glyphs: Vec<_> = text.chars().filter_map(|c| typeface.glyphs.get(&c)).collect();
    page.save_state().set_fill_rgb(colour[0], colour[1], colour[2]).begin_text().next_line(at.0, at.1);
    if bold {
        // One weight is enough for a page: its outline makes it heavier.
        page.set_stroke_rgb(colour[0], colour[1], colour[2]).set_line_width(size / 40.0);
        page.set_text_rendering_mode(TextRenderingMode::FillStroke);
    }
    for run in glyphs.chunk_by(|one, other| one.font == other.font) {
        let font = format!("F{}", run[0].font);
        let bytes: Vec<u8> = run.iter().flat_map(|glyph| glyph.id.to_be_bytes()).collect();
        page.set_font(Name(font.as_bytes()), size).show(Str(&bytes));
    }
    page.end_text().restore_state();
}

impl Typeface {
    /// The lines of a text: broken between words, and between Chinese characters; a word that is longer than a line,
    /// anywhere.
    pub(super) fn wrap(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for piece in pieces(paragraph) {
                if !line.is_empty() && self.width(&line, size) + self.width(piece.trim_end(), size) > width {
                    lines.push(std::mem::take(&mut line).trim_end().to_owned());
                }
                for letter in piece.chars() {
                    if !line.is_empty()
                        && !letter.is_whitespace()
                        && self.width(&line, size) + self.width(letter.encode_utf8(&mut [0; 4]), size) > width
                    {
                        lines.push(std::mem::take(&mut line));
                    }
                    line.push(letter);
                }
            }
            lines.push(line.trim_end().to_owned());
        }
        lines
    }
}

/// A text cut where a line may end: behind blanks, and around characters that stand for themselves; but not before
/// what closes and not behind what opens.
fn pieces(text: &str) -> Vec<&str> {
    let wide =
        |c: char| ('\u{2E80}'..='\u{9FFF}').contains(&c) || ('\u{F900}'..='\u{FFEF}').contains(&c) || c >= '\u{20000}';
    let closes = |c: char| "，。、；：！？）》」』】”’,.;:!?)".contains(c);
    let opens = |c: char| "（《「『【“‘(".contains(c);
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, letter) in text.char_indices() {
        let cut = before.is_some_and(|before| {
            (before.is_whitespace() && !letter.is_whitespace())
                || ((wide(before) || wide(letter)) && !closes(letter) && !opens(before) && !letter.is_whitespace())
        });
        if cut {
            pieces.push(&text[start..at]);
            start = at;
        }
        before = Some(letter);
    }
    pieces.push(&text[start..]);
    pieces
}
