//! Pages to be printed, as PDF (ISO 32000): text in the fonts of this machine, and one picture.
//!
//! The fonts are not ours to carry: one that has Chinese is larger than the whole command. What of a font is used is
//! embedded, and nothing else of it.

mod font;
mod layout;
mod picture;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use font::Typeface;
pub(crate) use layout::{Colour, Paper};
pub(crate) use picture::Picture;
