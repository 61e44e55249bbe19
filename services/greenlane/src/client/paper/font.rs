//! Fonts: which of this machine's have the characters of a text, and what of them goes into the document.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use subsetter::{GlyphRemapper, subset};
use ttf_parser::{Face, GlyphId, RawFace, Tag, fonts_in_collection, name_id};

use crate::client::exit::Usage;

/// Folders and files that are looked at for fonts, at the most.
const MOST_FILES: usize = 5_000;

/// Parts of the names of files that are likely to have Chinese characters, the likeliest first.
const LIKELY: [&str; 12] = [
    "notosanscjk",
    "notosanssc",
    "sourcehansans",
    "wqy-microhei",
    "wqy-zenhei",
    "pingfang",
    "msyh",
    "hiraginosansgb",
    "stheiti",
    "simhei",
    "droidsansfallback",
    "notoserifcjk",
];

/// Scripts whose letters change with their neighbours or run from right to left: what sets them right is not here.
const UNSET: [std::ops::RangeInclusive<char>; 3] =
    ['\u{590}'..='\u{8FF}', '\u{900}'..='\u{10FF}', '\u{1780}'..='\u{17FF}'];

/// A glyph of a character: in which of the fonts, under which number, and how wide in thousandths of its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub(super) font: usize,
    pub(super) id: u16,
    pub(super) width: f32,
}

/// What of a font goes into the document.
pub(super) struct Embedded {
    pub(super) name: String,
    /// The font program: TrueType, or the table `CFF `.
    pub(super) program: Vec<u8>,
    pub(super) is_cff: bool,
    /// In thousandths of the size: left, bottom, right, top.
    pub(super) bounds: [f32; 4],
    pub(super) ascent: f32,
    pub(super) descent: f32,
    /// Character and width of each glyph, by its number.
    pub(super) glyphs: BTreeMap<u16, (char, f32)>,
}

/// The fonts of a document, with every character that it has.
pub(crate) struct Typeface {
    pub(super) fonts: Vec<Embedded>,
    pub(super) glyphs: HashMap<char, Glyph>,
}

impl Typeface {
    /// The fonts that have every character of these texts: those of the named files first, then this machine's.
    ///
    /// # Errors
    /// When a named file is no font or may not be embedded, when a character is in no font, and when a text is in a
    /// script that cannot be set here.
    pub(crate) fn of<'t>(texts: impl IntoIterator<Item = &'t str>, named: &[PathBuf]) -> anyhow::Result<Self> {
        Self::among(texts, named, &folders())
    }

    /// The same with the fonts below these folders.
    pub(super) fn among<'t>(
        texts: impl IntoIterator<Item = &'t str>,
        named: &[PathBuf],
        folders: &[PathBuf],
    ) -> anyhow::Result<Self> {
        let mut missing: BTreeSet<char> = texts.into_iter().flat_map(str::chars).filter(|c| !c.is_control()).collect();
        if let Some(unset) = missing.iter().find(|c| UNSET.iter().any(|script| script.contains(*c))) {
            anyhow::bail!(Usage(format!("a text has `{unset}`, of a script that cannot be set on this page")));
        }
        let mut typeface = Self { fonts: Vec::new(), glyphs: HashMap::new() };
        for path in named {
            let wrong = || Usage(format!("{} cannot be used as a font", path.display()));
            let data = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            typeface.take(path, &data, &mut missing).with_context(wrong)?;
        }
        if !missing.is_empty() {
            for path in files(folders) {
                // A font of the machine that cannot be read or may not be embedded is one font less.
                let Ok(data) = std::fs::read(&path) else { continue };
                let _ = typeface.take(&path, &data, &mut missing);
                if missing.is_empty() {
                    break;
                }
            }
        }
        if missing.is_empty() {
            return Ok(typeface);
        }
        let some: String = missing.iter().take(12).collect();
        anyhow::bail!(Usage(format!(
            "no font here has the characters {some}: name one that has with --font FILE, or install one (Debian: \
             fonts-noto-cjk or fonts-wqy-microhei)"
        )))
    }

    /// Takes of a font what is missing.
    fn take(&mut self, path: &Path, data: &[u8], missing: &mut BTreeSet<char>) -> anyhow::Result<()> {
        let index = best(data);
        let face = Face::parse(data, index)?;
        let found: Vec<(char, GlyphId)> =
            missing.iter().filter_map(|c| Some((*c, face.glyph_index(*c).filter(|glyph| glyph.0 > 0)?))).collect();
        if found.is_empty() {
            return Ok(());
        }
        anyhow::ensure!(
            face.is_subsetting_allowed() && face.permissions() != Some(ttf_parser::Permissions::Restricted),
            "its maker does not allow it to be embedded in documents"
        );
        let scale = 1_000.0 / f32::from(face.units_per_em());
        let mut numbers = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        let font = self.fonts.len();
        let mut new = Vec::new();
        for (character, glyph) in found {
            let id = numbers.remap(glyph.0);
            let width = f32::from(face.glyph_hor_advance(glyph).unwrap_or_default()) * scale;
            glyphs.insert(id, (character, width));
            new.push((character, Glyph { font, id, width }));
        }
        let program = subset(data, index, &numbers).map_err(|error| anyhow::anyhow!("{error}"))?;
        let cff =
            RawFace::parse(&program, 0).ok().and_then(|raw| raw.table(Tag::from_bytes(b"CFF ")).map(<[u8]>::to_vec));
        let bounds = face.global_bounding_box();
        self.fonts.push(Embedded {
            name: postscript(path, &face, font),
            is_cff: cff.is_some(),
            program: cff.unwrap_or(program),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|edge| f32::from(edge) * scale),
            ascent: f32::from(face.ascender()) * scale,
            descent: f32::from(face.descender()) * scale,
            glyphs,
        });
        for (character, glyph) in new {
            missing.remove(&character);
            self.glyphs.insert(character, glyph);
        }
        Ok(())
    }

    /// How wide a text is at a size.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let widths = text.chars().filter_map(|c| self.glyphs.get(&c)).map(|glyph| glyph.width);
        widths.sum::<f32>() * size / 1_000.0
    }
}

/// Which face of a collection: the one for simplified Chinese if there is one.
fn best(data: &[u8]) -> u32 {
    let simplified = |index: &u32| {
        let Ok(face) = Face::parse(data, *index) else { return false };
        let family = face.names().into_iter().find(|name| name.name_id == name_id::FAMILY && name.is_unicode());
        family.and_then(|name| name.to_string()).is_some_and(|family| family.ends_with(" SC"))
    };
    let faces = 0..fonts_in_collection(data).unwrap_or(1).min(64);
    faces.into_iter().find(simplified).unwrap_or(0)
}

/// The name in the document: six letters of its own before it, as a subset has.
fn postscript(path: &Path, face: &Face<'_>, font: usize) -> String {
    let named = face.names().into_iter().find(|name| name.name_id == name_id::POST_SCRIPT_NAME && name.is_unicode());
    let name = named.and_then(|name| name.to_string());
    let name = name.unwrap_or_else(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect();
    let letter = u8::try_from(font % 26).map_or('A', |font| char::from(b'A' + font));
    format!("GREEN{letter}+{name}")
}

/// Where fonts are kept.
fn folders() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or(home.as_ref().map(|it| it.join(".local/share")));
    let own = data.map(|data| data.join("fonts")).into_iter().chain(home.map(|home| home.join(".fonts")));
    let shared = ["/usr/local/share/fonts", "/usr/share/fonts", "/Library/Fonts", "/System/Library/Fonts"];
    own.chain(shared.map(PathBuf::from)).collect()
}

/// The fonts below some folders, those first that are likely to have Chinese, and plain ones before bold ones.
fn files(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut open: Vec<PathBuf> = folders.to_vec();
    let mut found = Vec::new();
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MOST_FILES {
                break;
            }
            let path = entry.path();
            let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else if ["ttf", "otf", "ttc", "otc"].contains(&ending.as_str()) {
                found.push(path);
            }
        }
    }
    found.sort_by_cached_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let likely = LIKELY.iter().position(|part| name.contains(part)).unwrap_or(LIKELY.len());
        let plain = !["bold", "black", "light", "thin", "italic", "oblique", "mono", "serif"]
            .iter()
            .any(|it| name.contains(it));
        (likely, !plain, path.clone())
    });
    found
}
