//! A validator for the part of JSON Schema 2020-12 that the schemas of UNTP and of W3C credentials use. It fails on any keyword that it does not
//! know, so that it cannot pass a document by overlooking a rule.

use serde_json::{Map, Value};

/// Keywords that describe and do not constrain.
const ANNOTATIONS: [&str; 10] = [
    "$id",
    "$schema",
    "$defs",
    "title",
    "description",
    "default",
    "example",
    "examples",
    "readOnly",
    "x-external-enumeration",
];

/// What of a document breaks its schema.
pub(crate) fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { root: schema, found: &mut found }.value(schema, document, "");
    found
}

struct Check<'a> {
    root: &'a Value,
    found: &'a mut Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, value: &Value, path: &str) {
        let rules = schema.as_object().expect("a schema is an object");
        for (keyword, rule) in rules {
            if !ANNOTATIONS.contains(&keyword.as_str()) {
                self.keyword(keyword, rule, rules, value, path);
            }
        }
    }

    fn fits(&self, schema: &Value, value: &Value, path: &str) -> bool {
        let mut found = Vec::new();
        Check { root: self.root, found: &mut found }.value(schema, value, path);
        found.is_empty()
    }

    fn keyword(&mut self, keyword: &str, rule: &Value, rules: &Map<String, Value>, value: &Value, path: &str) {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let members = value.as_object();
        let holds = match keyword {
            "type" => has_type(rule.as_str().expect("one type"), value),
            "const" => rule == value,
            "enum" => rule.as_array().expect("a list").contains(value),
            "format" => value.as_str().is_none_or(|text| has_format(rule.as_str().expect("a name"), text)),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().expect("a number")),
            "minItems" => !value.is_array() || items.len() as u64 >= rule.as_u64().expect("a number"),
            "uniqueItems" => (1..items.len()).all(|index| !items[..index].contains(&items[index])),
            // Only beside `contains`; one is its own default.
            "minContains" => rule == 1,
            "required" => rule
                .as_array()
                .expect("a list")
                .iter()
                .all(|name| members.is_none_or(|members| members.contains_key(name.as_str().expect("a name")))),
            "dependentRequired" => rule.as_object().expect("an object").iter().all(|(name, needed)| {
                let has = |name: &str| members.is_some_and(|members| members.contains_key(name));
                !has(name) || needed.as_array().expect("a list").iter().all(|name| has(name.as_str().expect("a name")))
            }),
            "contains" => !value.is_array() || items.iter().any(|item| self.fits(rule, item, path)),
            "oneOf" => {
                rule.as_array().expect("a list").iter().filter(|schema| self.fits(schema, value, path)).count() == 1
            }
            "minLength" => value.as_str().is_none_or(|text| text.len() as u64 >= rule.as_u64().expect("a number")),
            "minProperties" => members.is_none_or(|members| members.len() as u64 >= rule.as_u64().expect("a number")),
            "propertyNames" => members
                .is_none_or(|members| members.keys().all(|name| self.fits(rule, &Value::String(name.clone()), path))),
            // The one pattern that there is spells xsd:dateTimeStamp.
            "pattern" if rule.as_str().is_some_and(|rule| rule.starts_with("-?([1-9][0-9]{3,}|0[0-9]{3})-")) => {
                value.as_str().is_none_or(|text| has_format("date-time", text))
            }
            "allOf" => {
                rule.as_array().expect("a list").iter().for_each(|part| self.value(part, value, path));
                true
            }
            "$ref" => {
                let pointer = rule.as_str().and_then(|text| text.strip_prefix('#')).expect("a local reference");
                let target = self.root.pointer(pointer).expect("what is referred to exists").clone();
                self.value(&target, value, path);
                true
            }
            "properties" => {
                for (name, schema) in rule.as_object().expect("an object") {
                    if let Some(member) = members.and_then(|members| members.get(name)) {
                        self.value(schema, member, &format!("{path}/{name}"));
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = rules.get("properties").and_then(Value::as_object);
                let allowed = |name: &String| known.is_some_and(|known| known.contains_key(name));
                rule.as_bool().expect("true or false") || members.is_none_or(|members| members.keys().all(allowed))
            }
            "prefixItems" => {
                for (index, (schema, item)) in rule.as_array().expect("a list").iter().zip(items).enumerate() {
                    self.value(schema, item, &format!("{path}/{index}"));
                }
                true
            }
            "items" => {
                let after = rules.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for (index, item) in items.iter().enumerate().skip(after) {
                    self.value(rule, item, &format!("{path}/{index}"));
                }
                true
            }
            unknown => panic!("the validator does not know {unknown:?} at {path}"),
        };
        if !holds {
            self.found.push(format!("{path}: {keyword} {rule}"));
        }
    }
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        unknown => panic!("the validator does not know the type {unknown:?}"),
    }
}

fn has_format(name: &str, text: &str) -> bool {
    match name {
        "uri" => {
            let scheme = |scheme: &str| scheme.starts_with(|c: char| c.is_ascii_alphabetic());
            text.split_once(':').is_some_and(|(head, rest)| scheme(head) && !rest.is_empty())
                && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
        }
        "date" => text.parse::<chrono::NaiveDate>().is_ok(),
        "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        "byte" => true,
        unknown => panic!("the validator does not know the format {unknown:?}"),
    }
}
