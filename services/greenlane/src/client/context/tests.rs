use super::*;

fn servers(context: Option<&str>) -> Servers {
    Servers {
        context: context.map(str::to_owned),
        registry: None,
        equivalence: None,
        classification: None,
        token_file: None,
        token: None,
        here: None,
        tls_ca: None,
        tls_cert: None,
        tls_key: None,
    }
}

fn named(registry: &str) -> ContextFile {
    ContextFile { registry: registry.to_owned(), ..ContextFile::default() }
}

#[test]
fn a_named_context_beats_the_chosen_one_and_flags_beat_both() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    home.write("border", &named("https://border.example.org")).unwrap();
    home.write("office", &named("https://office.example.org")).unwrap();
    home.choose("office").unwrap();

    let registry = |servers: &Servers| servers.over(servers.chosen(&home).unwrap().file).registry;
    assert_eq!(registry(&servers(None)), "https://office.example.org");
    assert_eq!(registry(&servers(Some("border"))), "https://border.example.org");
    let flag = Servers { registry: Some("http://127.0.0.1:1".to_owned()), ..servers(Some("border")) };
    assert_eq!(registry(&flag), "http://127.0.0.1:1");
}

#[test]
fn a_context_that_is_not_there_is_named_with_those_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    home.write("border", &ContextFile::default()).unwrap();
    let error = servers(Some("boarder")).chosen(&home).unwrap_err().to_string();
    assert_eq!(error, "there is no context `boarder`; there is border");
    assert!(home.path("../border").is_err());
}

#[test]
fn a_removed_context_is_chosen_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    home.write("border", &ContextFile::default()).unwrap();
    home.choose("border").unwrap();
    home.remove("border").unwrap();
    assert_eq!((home.current().unwrap(), home.names().unwrap()), (None, Vec::new()));
    assert!(home.remove("border").is_err());
}

#[test]
fn files_that_a_context_names_are_relative_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("client.toml");
    let context =
        ContextFile { token_file: Some("a.token".into()), tls_ca: Some("/ca.pem".into()), ..named("http://r") };
    std::fs::write(&path, toml::to_string(&context).unwrap()).unwrap();
    let read = ContextFile::read(&path).unwrap();
    assert_eq!(read.token_file, Some(folder.path().join("a.token")));
    assert_eq!(read.tls().and_then(|tls| tls.ca), Some(PathBuf::from("/ca.pem")));
}
