//! What is to be minded of a translation, in the words of the command line.

use serde_json::Value;

/// Says for people with which flag what is to be minded is mended, in what is found at `findings` of each row at `rows`.
pub(in super::super) fn with_flag(answer: &mut Value, rows: &str, findings: &str) {
    let rows = answer.pointer_mut(rows).and_then(Value::as_array_mut);
    for row in rows.into_iter().flatten() {
        let findings = row.pointer_mut(findings).and_then(Value::as_array_mut);
        for finding in findings.into_iter().flatten() {
            if let (Some(code), Some(told)) = (finding["code"].as_str(), finding["message"].as_str()) {
                finding["message"] = message(code, told).into();
            }
        }
    }
}

/// The message of a finding, with the flag where it speaks of links that can be asked for or of a table that can be
/// imported.
pub(super) fn message(code: &str, message: &str) -> String {
    match code {
        "links_held_back" => format!("{message} (--held-back)"),
        "through_coarser" => format!("{message} (code import --unchanged-left-out)"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn links_that_are_held_back_are_told_with_the_flag_that_shows_them() {
        let row = |code: &str| json!({ "findings": [{ "code": code, "message": "Ask." }] });
        let mut answer = json!({ "entries": [row("links_held_back"), row("composed"), {}] });
        with_flag(&mut answer, "/entries", "/findings");
        assert_eq!(answer["entries"][0]["findings"][0]["message"], "Ask. (--held-back)");
        assert_eq!(answer["entries"][1]["findings"][0]["message"], "Ask.");
        with_flag(&mut json!({}), "/entries", "/findings");
        assert_eq!(message("through_coarser", "Import."), "Import. (code import --unchanged-left-out)");
    }
}
