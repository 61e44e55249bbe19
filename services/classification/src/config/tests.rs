use super::Config;

#[test]
fn nothing_said_is_a_working_configuration() {
    let config: Config = serde_json::from_str("{}").unwrap();
    assert!(config.starter);
    assert!(config.bookmark_interval_ms <= 10_000);
}

#[test]
fn an_unknown_key_is_an_error() {
    let error = serde_json::from_str::<Config>(r#"{ "startr": true }"#).unwrap_err();
    assert!(error.to_string().contains("startr"), "{error}");
}
