//! Tables that change while they are read.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::Command,
    thread,
};

use super::*;

const NONE: [&str; 2] = ["tagged.csv", "faults.csv"];

#[test]
fn a_table_that_changed_since_it_was_read_first_is_refused_and_no_file_gets_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let args = args(folder.path(), false);
    let cut = &ROWS[..ROWS.len() / 2];
    for changed in [format!("{ROWS}2020,M,Canada,Cuba,010121,9\n").as_str(), cut] {
        std::fs::write(&args.file, ROWS).unwrap();
        let survey = surveyed(&args);
        std::fs::write(&args.file, changed).unwrap();
        for args in [&args, &Args { out: None, faults: None, ..self::args(folder.path(), false) }] {
            let error = run(args, &survey, &said(&survey), &ProgressBar::hidden()).unwrap_err().to_string();
            assert!(error.starts_with("the table changed while it was read: it had "), "{error}");
        }
        assert!(NONE.iter().all(|name| !folder.path().join(name).exists()));
    }
}

#[test]
fn a_table_that_is_appended_to_while_its_rows_are_tagged_is_refused_too() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let args = Args { out: Some(pipe.clone()), ..args(folder.path(), false) };
    let row = "2020,M,Canada,Peru,010121,100\n";
    std::fs::write(&args.file, format!("{ROWS}{}", row.repeat(40_000))).unwrap();
    let survey = surveyed(&args);
    let table = args.file.clone();
    // The rows do not fit into the pipe: what tags waits until they are taken out of it.
    let reader = thread::spawn(move || {
        let mut rows = File::open(pipe).unwrap();
        rows.read_exact(&mut [0]).unwrap();
        File::options().append(true).open(table).unwrap().write_all(row.as_bytes()).unwrap();
        std::io::copy(&mut rows, &mut std::io::sink()).unwrap();
    });
    let error = run(&args, &survey, &said(&survey), &ProgressBar::hidden()).unwrap_err().to_string();
    reader.join().unwrap();
    assert!(error.starts_with("the table changed while it was read: it had "), "{error}");
    assert!(NONE.iter().all(|name| !folder.path().join(name).exists()));
}
