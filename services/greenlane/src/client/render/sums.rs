//! Sums of money in a table for people: all of them in one form, and the row of all lists by a name.

use serde_json::Value;

/// What the row of a table is called that tells of all lists together.
const ANY: &str = "all rows, any list";

/// Puts rows of sums as people read them: amounts with their thousands parted, all with decimals or none, and the rows
/// that are of no list alone called so where there are others.
pub(crate) fn for_eyes(rows: &mut [Value], amounts: &[&str]) {
    let is_of_list = |row: &Value| row["greenList"].as_str().is_some_and(|list| !list.is_empty());
    if rows.iter().any(is_of_list) {
        rows.iter_mut().filter(|row| !is_of_list(row)).for_each(|row| row["greenList"] = ANY.into());
    }
    let decimals = usize::from(rows.iter().any(|row| amounts.iter().any(|it| !is_whole(&row[*it])))) * 2;
    for row in rows {
        for it in amounts {
            if let Some(amount) = row[*it].as_f64() {
                row[*it] = parted(amount, decimals).into();
            }
        }
    }
}

/// Whether there is nothing behind an amount's point, as people read it.
fn is_whole(amount: &Value) -> bool {
    amount.as_f64().is_none_or(|amount| (amount - amount.round()).abs() < 0.005)
}

/// An amount with so many decimals, its thousands parted by commas.
pub(crate) fn parted(amount: f64, decimals: usize) -> String {
    let text = format!("{amount:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut parted = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            parted.push(',');
        }
        parted.push(digit);
    }
    parted + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_of_a_table_are_in_one_form_and_the_row_of_all_lists_says_what_it_is() {
        let row = |list: &str, value: f64| json!({ "greenList": list, "year": "2021", "valueUsd": value });
        let mut rows = [row("", 1_000_250.0), row("greenLists/a", 500.0)];
        for_eyes(&mut rows, &["valueUsd"]);
        assert_eq!((&rows[0]["greenList"], &rows[0]["valueUsd"]), (&json!(ANY), &json!("1,000,250")));
        assert_eq!(rows[1]["valueUsd"], "500");
        let mut rows = [row("", 1_000_250.5), row("", 500.0)];
        for_eyes(&mut rows, &["valueUsd"]);
        assert_eq!((&rows[0]["valueUsd"], &rows[1]["valueUsd"]), (&json!("1,000,250.50"), &json!("500.00")));
        assert_eq!(rows[0]["greenList"], "", "where no row is of a list, none needs to be told from them");
        assert_eq!(parted(-1234.0, 0), "-1,234");
        assert_eq!((parted(999.0, 0).as_str(), parted(1e9, 0).as_str()), ("999", "1,000,000,000"));
    }
}
