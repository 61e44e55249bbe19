//! Several questions at once: certificates, codes, lines of a file, and methods that stream.

use crate::{Shell, example};

pub(crate) const PORTFOLIO: &str = "\
scheme,body,body_economy,code,origin,destination
schemes/aurelian-pv-mark,bodies/aurora-cert,XA,HS2022:854143,XA,
schemes/aurelian-pv-mark,aurora-cert,XA,854143,XA,XB
,aurora-cert,XA,HS2022:854143,XA,XB
schemes/aurelian-pv-mark,aurora-cert,XA,HS2022:854143,XA,ZZZ
";

#[test]
fn several_questions_are_answered_one_line_each_and_the_worst_is_the_exit_code() {
    several().expect("it runs");
}

fn several() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let number = certificate.trim_start_matches("certificates/");

    let both = format!("verify {number} GLXA4HP9Z1PPYMB35F");
    let lines = shell.run(&format!("{both} -o csv"))?.expect(10);
    let rows: Vec<_> = lines.stdout.lines().collect();
    assert!(rows[1].starts_with(&format!("{certificate},ACCEPTED,")) && rows[2].contains(",REFUSED,"), "{rows:?}");
    assert!(lines.stderr.contains("1 accepted, 1 refused, 0 undetermined, 0 faulty"), "{}", lines.stderr);
    let answer = shell.run(&format!("{both} -o json"))?.expect(10).json()?;
    assert_eq!(answer["results"][0]["response"]["verdict"]["outcome"], "VERDICT_OUTCOME_ACCEPTED");
    let refused = shell.run(&format!("{both} --statement-out kept.jwt"))?.expect(2);
    assert!(refused.stderr.contains("--statement-out is of one certificate; 2 are named"), "{}", refused.stderr);

    shell.run("bundle --out all.bundle")?.expect(0);
    let offline = shell.run(&format!("{both} --trust all.bundle -o csv"))?.expect(11).stdout;
    let offline: Vec<_> = offline.lines().collect();
    assert_eq!(offline[..2], rows[..2], "a bundle gives the verdicts of the service");
    assert!(offline[2].contains(",UNDETERMINED,"), "but for what may have come since: {offline:?}");

    let codes = shell.run("code get HS2022:854143 HS2022:999999 -o csv")?.expect(3).stdout;
    assert!(codes.lines().nth(1).is_some_and(|it| it.starts_with("HS2022:854143,")), "{codes}");
    assert!(codes.lines().nth(2).is_some_and(|it| it.contains("999999")), "{codes}");
    let translated = shell.run("code translate HS2017:854140 HS2022:854143 --to HS2022 -o json")?.expect(0).json()?;
    assert_eq!(translated["results"].as_array().map(Vec::len), Some(2));

    std::fs::write(shell.folder.path().join("portfolio.csv"), PORTFOLIO)?;
    let decided = shell.run("manifest recognise portfolio.csv --destination XB -o json")?.expect(10);
    let decided = decided.json()?;
    let told = |line: usize, field: &str| decided["lines"][line][field].as_str().unwrap_or_default().to_owned();
    assert!(told(0, "decisionId").len() > 10 && told(0, "destination") == "XB", "{decided}");
    assert!(told(1, "outcome") == "FAULTY" && told(1, "why").contains("EDITION:CODE"), "{decided}");
    assert!(told(2, "outcome") == "FAULTY" && told(3, "outcome") == "undetermined", "{decided}");
    assert_eq!((&decided["lines"][3]["line"], &decided["faulty"]), (&5.into(), &2.into()));
    Ok(())
}

#[test]
fn a_mistyped_number_is_answered_with_the_one_that_was_meant_among_others_and_without_a_network_too() {
    mistyped().expect("it runs");
}

fn mistyped() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let number = certificate.trim_start_matches("certificates/");
    let (head, last) = number.split_at(number.len() - 1);
    let wrong = format!("{head}{}", if last == "7" { "3" } else { "7" });
    let meant = format!("did you mean {number}?");
    shell.run("bundle --out all.bundle")?.expect(0);
    // A name that is longer than a number is a name all the same.
    let long = format!("{}.txt", "a-folder-of-the-case-".repeat(4));
    for (file, text) in [("manifest.csv", format!("certificate\n{wrong}\n")), (long.as_str(), format!("{number}\n"))] {
        std::fs::write(shell.folder.path().join(file), text)?;
    }
    for trust in ["", "--trust all.bundle"] {
        let alone = shell.run(&format!("verify {wrong} {trust}"))?.expect(2).stderr;
        assert!(alone.contains(&meant), "{trust}: {alone}");
        let among = shell.run(&format!("verify {number} {wrong} {long} {trust}"))?.expect(10).stdout;
        assert!(among.contains(&meant), "{trust}: {among}");
        let told = shell.run(&format!("verify {number} {wrong} {long} {trust} -o json"))?.expect(10).json()?;
        let subjects = [0, 1, 2].map(|at| told["results"][at]["subject"].as_str().unwrap_or_default());
        assert_eq!(subjects, [number, wrong.as_str(), long.as_str()], "each is named as it was given: {told}");
        for output in ["csv", "table"] {
            let among = shell.run(&format!("verify {number} {wrong} {long} {trust} -o {output}"))?.expect(10).stdout;
            assert!(among.contains(&long), "{trust} {output}: {among}");
        }
    }
    let manifest = shell.run("manifest verify manifest.csv")?.expect(10).stdout;
    assert!(manifest.contains(&meant), "{manifest}");
    // What is neither a number nor a document is not refused at the border: nothing was asked.
    std::fs::write(shell.folder.path().join("note.txt"), "see annex\n")?;
    let neither = shell.run("verify note.txt")?.expect(2).stderr;
    assert!(neither.contains("in note.txt there is none of a certificate's number or name"), "{neither}");
    Ok(())
}

#[test]
fn a_file_that_was_never_a_document_is_no_question_and_a_damaged_document_is_refused() {
    never_one().expect("it runs");
}

fn never_one() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let write = |name: &str, bytes: &[u8]| std::fs::write(shell.folder.path().join(name), bytes);
    for form in ["svg", "png"] {
        shell.run(&format!("certificate qr {certificate} --offline --form {form} --out q.{form}"))?.expect(0);
    }
    write("blank.jwt", b" \n")?;
    write("card.jpg", b"\xff\xd8\xff\xe0 and so on")?;
    write("page.html", b"<!DOCTYPE html><title>x</title>")?;
    write(
        "order.yaml",
        b"holder:\n  name: Example Ltd.\n  note: this is longer than a number with all that people write\n",
    )?;
    write(
        "letter.txt",
        b"Dear Sir, enclosed please find the certificate. We ask you to let the goods in. Yours, N. N.",
    )?;
    write("minified.json", b"{\"version\":1.5,\"certificate\":\"of-no-kind-and-longer-than-a-number-could-ever-be\"}")?;
    std::fs::copy(example()?, shell.folder.path().join("module.yaml"))?;
    let on_it = "verify the number or the text of the QR code on it";
    for (file, why) in [
        ("q.svg", on_it),
        ("q.png", on_it),
        ("card.jpg", on_it),
        ("page.html", on_it),
        ("blank.jwt", "blank.jwt is empty"),
        ("order.yaml", "in order.yaml there is none of"),
        ("letter.txt", "in letter.txt there is none of"),
        ("minified.json", "in minified.json there is none of"),
        ("module.yaml", "in module.yaml there is none of"),
    ] {
        let told = shell.run(&format!("verify {file}"))?.expect(2);
        assert!(told.stdout.is_empty() && told.stderr.contains(why), "{file}: {}", told.stderr);
    }
    // What was a document, and is damaged.
    let document = shell.run(&format!("certificate get {certificate} --document"))?.expect(0).stdout;
    let document = document.trim();
    let (head, _) = document.split_once('.').unwrap_or_default();
    let wrapped: Vec<&str> = document.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    for damaged in [
        document.replacen("eyJ", "XyJ", 1),
        document.replacen('.', "", 1),
        document[..document.len() / 2].to_owned(),
        head.to_owned(),
        wrapped.join("\n"),
        format!("{document} and more"),
        document.replacen('.', "é.", 1),
    ] {
        write("damaged.jwt", damaged.as_bytes())?;
        let told = shell.run("verify damaged.jwt -o json")?.expect(10).json()?;
        let code = &told["verdict"]["authentic"]["findings"][0]["code"];
        assert_eq!(code, "document_malformed", "{damaged}");
    }
    Ok(())
}

#[test]
fn a_file_of_codes_is_looked_over_whether_its_name_stands_alone_or_behind_an_option() {
    let shell = Shell::new().expect("it starts");
    std::fs::write(shell.folder.path().join("codes.csv"), "code,apec\n854140,1\n854143,1\n").expect("it is written");
    let run = |words: &str| shell.run(words).expect("it runs");
    let named = run("list lint --file codes.csv --edition HS2022").expect(10).stdout;
    assert_eq!(run("list lint codes.csv --edition HS2022").expect(10).stdout, named);
    let nowhere = run("list lint nowhere.csv").expect(2).stderr;
    assert!(nowhere.contains("there is no file nowhere.csv, and no list is called so"), "{nowhere}");
    let column = run("list lint apec-54 --column code").expect(2).stderr;
    assert!(column.contains("--column is of a file"), "{column}");
}

#[test]
fn faulty_codes_of_a_file_are_named_with_the_line_that_an_editor_shows() {
    let shell = Shell::new().expect("it starts");
    let text = "edition,code,description\nHS2022,854143,modules\nHS2022,999999,none\nHS2022,854143,modules\n";
    std::fs::write(shell.folder.path().join("codes.csv"), text).expect("it is written");
    let run = |words: &str| shell.run(words).expect("it runs");
    let told = run("list lint codes.csv").expect(10);
    assert!(told.stderr.contains("the codes are read from the column `code`"), "{}", told.stderr);
    for (finding, which) in [("code_unknown", "999999 (line 3)"), ("duplicate", "854143 (line 4)")] {
        let row = told.stdout.lines().find(|line| line.starts_with(finding));
        assert!(row.is_some_and(|row| row.ends_with(which)), "{finding}: {}", told.stdout);
    }
    let json = run("list lint codes.csv -o json").expect(10).json().expect("it is JSON");
    let unknown =
        json["findings"].as_array().expect("a list").iter().find(|it| it["finding"]["code"] == "code_unknown");
    let unknown = unknown.expect("it is found");
    assert_eq!((&unknown["codes"][0], &unknown["lines"][0]), (&"999999".into(), &3.into()), "{unknown}");
}

#[test]
fn the_lines_of_a_spreadsheet_are_told_by_their_numbers_in_order_and_with_what_decided_each() {
    spreadsheet().expect("it runs");
}

fn spreadsheet() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let number = certificate.trim_start_matches("certificates/");
    let lines = [
        "certificate,code,origin,model",
        "NUMBER,HS2022:854143,XA,EX-999",
        "",
        "NUMBER,854143,XA,EX-450M",
        "NUMBER,,,",
        "NUMBER,HS2022:854143,XA,",
        "GLXA4HP9Z1PPYMB35F,,,",
        "NUMBER,HS2022:854143",
    ];
    let text = lines.map(|line| line.replace("NUMBER", number) + "\r\n").concat();
    std::fs::write(shell.folder.path().join("manifest.csv"), text)?;
    let told = shell.run("manifest verify manifest.csv --destination XB -o json")?.expect(10).json()?;
    let of = |line: usize, field: &str| told["lines"][line][field].clone();
    let lines = [0, 1, 2, 3, 4, 5].map(|line| of(line, "line").as_u64().unwrap_or_default());
    assert_eq!(lines, [2, 4, 5, 6, 7, 8], "{told}");
    let why = |line: usize| of(line, "why").as_str().unwrap_or_default().to_owned();
    assert_eq!(why(0), "covers these goods: The declared product is not the certified one.");
    assert!(of(1, "outcome") == "FAULTY" && why(1).contains("EDITION:CODE"), "{told}");
    assert_eq!(why(2), "only the certificate was asked about: no code");
    assert_eq!(why(3), "covers these goods: The certificate names a product; which it is, was not declared.");
    assert_eq!(why(4), "authentic, in force: No certificate of this number is known here.");
    assert!(of(5, "outcome") == "FAULTY" && why(5) == "it has 2 columns, and the header has 4", "{told}");
    std::fs::write(
        shell.folder.path().join("days.csv"),
        format!("certificate,date\n{number},2040-01-01\n{number},\n"),
    )?;
    let days = shell.run("manifest verify days.csv")?.expect(10).stderr;
    assert!(days.contains("2040-01-01 lies ahead: the verdict is of what is known by now"), "{days}");
    std::fs::write(shell.folder.path().join("semicolons.csv"), "certificate;code\nNUMBER;HS2022:854143\n")?;
    let semicolons = shell.run("manifest verify semicolons.csv")?.expect(2).stderr;
    assert!(semicolons.contains("separated by commas"), "{semicolons}");
    let nowhere = shell.run("manifest verify manifest.csv -o csv")?.expect(10).stdout;
    assert!(nowhere.contains("destination: is required: in its column, by --destination"), "{nowhere}");

    let unknown = shell.run("verify GLXA4HP9Z1PPYMB35F")?.expect(10).stdout;
    assert!(unknown.lines().next().is_some_and(|line| line.ends_with("GLXA4HP9Z1PPYMB35F")), "{unknown}");
    let verify = format!("verify {number} --origin XA --destination XB --code HS2022:854143");
    let open = shell.run(&verify)?.expect(11).stdout;
    assert!(open.contains("--model, --gtin"), "what the question lacks has flags: {open}");
    assert!(open.lines().all(|line| !line.starts_with("  ")), "through a pipe a row is one line: {open}");
    Ok(())
}

#[test]
fn a_method_that_streams_is_called_by_its_name_too() {
    streams().expect("it runs");
}

fn streams() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let question = |tag: &str| format!(r#"{{"tag":"{tag}","request":{{"certificate":"{certificate}"}}}}"#);
    let both = format!("call VerificationService/StreamVerify {}{}", question("a"), question("b"));
    let answers = shell.run(&both)?.expect(0).stdout;
    let answers: Vec<serde_json::Value> = answers.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let tags: Vec<_> = answers.iter().map(|answer| answer["tag"].as_str().unwrap_or_default()).collect();
    assert_eq!(tags, ["a", "b"]);
    assert_eq!(answers[0]["result"]["response"]["verdict"]["outcome"], "VERDICT_OUTCOME_ACCEPTED");

    let wrong = shell.run(&format!("{both}{{\"tagg\":1}}"))?.expect(2).stderr;
    assert!(wrong.contains("item 3 of the data"), "{wrong}");
    let two = shell.run("call CodeSystemService/ExportCatalogue {}{}")?.expect(2).stderr;
    assert!(two.contains("something follows the data"), "{two}");
    let parts = shell.run("call CodeSystemService/ExportCatalogue")?.expect(0).stdout;
    assert!(parts.lines().all(|part| part.contains("\"chunk\"")), "each part is a line");
    Ok(())
}
