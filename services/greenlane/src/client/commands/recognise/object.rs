//! What kind of result is asked about.

use clap::ValueEnum;
use greenlane_api::equivalence::v1::RecognitionObject;

/// A kind of result of conformity assessment. The names of the catalogue's files are taken too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::client::commands) enum Object {
    #[value(alias = "test_report")]
    TestReport,
    #[value(alias = "inspection_report")]
    InspectionReport,
    Certificate,
    #[value(alias = "mark_or_label")]
    MarkOrLabel,
}

impl From<Object> for RecognitionObject {
    fn from(object: Object) -> Self {
        match object {
            Object::TestReport => Self::TestReport,
            Object::InspectionReport => Self::InspectionReport,
            Object::Certificate => Self::Certificate,
            Object::MarkOrLabel => Self::MarkOrLabel,
        }
    }
}

impl Object {
    /// The kind that a cell of a file names, or what it must be.
    pub(in crate::client::commands) fn parse(text: &str) -> Result<Self, String> {
        Self::from_str(text, false).map_err(|_| {
            let names = Self::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let names: Vec<_> = names.map(|it| it.get_name().to_owned()).collect();
            format!("object: `{text}` must be one of {}", names.join(", "))
        })
    }
}

/// As a question carries it: where nothing is said, it is asked about a certificate.
pub(in crate::client::commands) fn asked(object: Option<Object>) -> RecognitionObject {
    object.map_or(RecognitionObject::Unspecified, RecognitionObject::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_names_a_kind_of_result_as_the_flag_or_as_the_catalogues_files_do() {
        assert_eq!(Object::parse("test-report"), Ok(Object::TestReport));
        assert_eq!(Object::parse("mark_or_label"), Ok(Object::MarkOrLabel));
        let why = Object::parse("accreditation").unwrap_err();
        let known = "test-report, inspection-report, certificate, mark-or-label";
        assert_eq!(why, format!("object: `accreditation` must be one of {known}"));
    }
}
