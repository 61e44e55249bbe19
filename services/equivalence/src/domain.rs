//! The rules: what the catalogue holds and how recognition follows from it. Knows neither gRPC nor SQL.

pub mod alert;
pub mod arrangement;
pub mod body;
pub mod catalogue;
pub mod change;
pub mod code;
pub mod decision;
pub mod dispute;
pub mod economy;
pub mod entry;
pub mod equivalence;
pub mod impact;
pub mod key;
pub mod owners;
pub mod question;
pub mod recognise;
pub mod requirement;
pub mod scheme;
pub mod source;
pub mod standard;
pub mod time;
pub mod translate;
pub mod untp;
pub mod usage;
pub mod words;

pub use catalogue::Catalogue;
pub use decision::Decision;
pub use question::Question;
pub use recognise::{Detail, decide, explain, recognise};
