use std::fs;

use greenlane_platform::auth::JwksSource;
use tempfile::NamedTempFile;

use super::*;

fn sample(service: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../deploy/config/{service}.toml"));
    fs::read_to_string(path).unwrap()
}

fn parse(text: &str) -> Result<ServeConfig, String> {
    let file = NamedTempFile::with_suffix(".toml").unwrap();
    fs::write(file.path(), text).unwrap();
    // Not the process's environment: it is the tests' own.
    load(&Sources::new().file(file.path())).map_err(|error| error.to_string())
}

/// The sample with what it shows behind `#` switched on. Of a key that is shown twice, the last counts.
fn switched_on(sample: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for line in sample.lines() {
        let line = match line.strip_prefix('#') {
            Some(shown) if shown.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[') => shown,
            _ => line,
        };
        if let Some((key, _)) = line.split_once(" = ") {
            let table = kept.iter().rposition(|line| line.starts_with('[')).unwrap_or(0);
            if let Some(earlier) = kept[table..].iter().position(|line| line.starts_with(&format!("{key} = "))) {
                kept.remove(table + earlier);
            }
        }
        kept.push(line.to_owned());
    }
    kept.join("\n")
}

const SERVICES: [&str; 3] = ["registry", "equivalence", "classification"];

#[test]
fn the_samples_are_valid_and_believe_one_issuer() {
    for service in SERVICES {
        let config = parse(&sample(service)).unwrap();
        assert_eq!(config.auth.issuers.len(), 1, "{service}");
        assert!(matches!(config.auth.issuers[0].jwks, JwksSource::Url(_)), "{service}");
        assert!(config.server.metrics_listen.is_some(), "{service}");
    }
}

#[test]
fn every_key_that_a_sample_shows_is_a_key() {
    for service in SERVICES {
        let text = switched_on(&sample(service));
        let config = parse(&text).unwrap_or_else(|error| panic!("{service}: {error}\n{text}"));
        assert!(config.server.tls.is_some(), "{service}");
        assert!(matches!(config.auth.issuers[0].jwks, JwksSource::File(_)), "{service}");
        let store = match service {
            "registry" => config.registry.store,
            "equivalence" => config.equivalence.store,
            _ => config.classification.store,
        };
        assert!(store.url.starts_with("postgres://"), "{service}");
        assert!(store.password.is_some_and(|password| password.file().is_some()), "{service}: secrets come from files");
    }
}

/// The lines of a sample below each of its tables' headings; those before the first are the whole's.
fn tables(sample: &str) -> Vec<(String, Vec<&str>)> {
    let mut tables = vec![(String::new(), Vec::new())];
    for line in sample.lines() {
        match line.strip_prefix('[') {
            Some(name) => tables.push((name.trim_matches(['[', ']']).to_owned(), Vec::new())),
            None => tables.last_mut().expect("there is one").1.push(line),
        }
    }
    tables
}

/// The keys that a table may have, as the refusal of one that it has not names them.
fn keys(sample: &str, table: &str) -> Vec<String> {
    let strange = "strange = 1\n";
    let headings = [format!("[{table}]\n"), format!("[[{table}]]\n")];
    let text = match headings.iter().find(|heading| sample.contains(heading.as_str())) {
        Some(heading) => sample.replacen(heading.as_str(), &format!("{heading}{strange}"), 1),
        None => format!("{strange}{sample}"),
    };
    let refusal = parse(&text).unwrap_err();
    let known = refusal.split_once("expected ").map(|(_, known)| known).unwrap_or_else(|| panic!("{table}: {refusal}"));
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_sample_shows_every_key_that_there_is() {
    let mut hidden = Vec::new();
    for service in SERVICES {
        let sample = switched_on(&sample(service));
        let tables = tables(&sample);
        for (table, lines) in &tables {
            for key in keys(&sample, table) {
                let below = if table.is_empty() { key.clone() } else { format!("{table}.{key}") };
                let shown = lines.iter().any(|line| line.starts_with(&format!("{key} = ")))
                    || tables.iter().any(|(name, _)| *name == below || name.starts_with(&format!("{below}.")));
                let others = table.is_empty() && SERVICES.contains(&key.as_str());
                if !shown && !others {
                    hidden.push(format!("{service}: {below}"));
                }
            }
        }
    }
    assert!(hidden.is_empty(), "{hidden:#?}");
}

#[test]
fn a_sample_names_its_callees_and_their_tokens_by_file() {
    let registry = parse(&sample("registry")).unwrap().registry;
    let equivalence = parse(&sample("equivalence")).unwrap().equivalence;
    for callee in [registry.equivalence.unwrap(), registry.classification.unwrap(), equivalence.classification] {
        assert!(callee.uri.starts_with("http://"), "{}", callee.uri);
        assert!(callee.token.unwrap().file().is_some(), "{}", callee.uri);
    }
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    for (text, key) in [
        ("[registry]\nwrite_que = 1\n", "registry.write_que"),
        ("[equivalence.store]\nadress = \"x\"\n", "equivalence.store.adress"),
        ("wrokers = 1\n", "wrokers"),
        ("[registry.equivalence]\ntokn = \"x\"\n", "registry.equivalence.tokn"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
}

#[test]
fn a_wrong_type_is_an_error_that_names_the_key() {
    for (text, key) in [
        ("workers = \"many\"\n", "workers"),
        ("[server]\nlisten = \"here\"\n", "server.listen"),
        ("[registry]\nwrite_queue = -1\n", "registry.write_queue"),
        ("[equivalence]\nstarter = \"perhaps\"\n", "equivalence.starter"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(key), "{key}: {error}");
    }
}
