//! Commands that are fed line by line answer each line when it is there.

use crate::{Shell, running::Running};

#[test]
fn each_line_is_answered_before_the_next_one_is_typed() {
    feed().expect("it runs");
}

fn feed() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;

    let mut manifest = Running::start(shell.folder.path(), "manifest verify - -o csv")?;
    manifest.say("certificate")?;
    manifest.say(&certificate)?;
    assert_eq!(manifest.hear()?, "LINE,CERTIFICATE,OUTCOME,WHY");
    assert!(manifest.hear()?.starts_with(&format!("2,{certificate},ACCEPTED,")));
    manifest.say("GLXA4HP9Z1PPYMB35F")?;
    assert!(manifest.hear()?.starts_with("3,GLXA4HP9Z1PPYMB35F,REFUSED,"));
    assert_eq!(manifest.end()?, Some(10));

    let mut portfolio = Running::start(shell.folder.path(), "manifest recognise - --destination XB -o csv")?;
    portfolio.say("body,body_economy,code,origin,scheme")?;
    portfolio.say("aurora-cert,XA,HS2022:854143,XA,schemes/aurelian-pv-mark")?;
    assert_eq!(portfolio.hear()?, "LINE,DESTINATION,OUTCOME,WHY");
    assert!(portfolio.hear()?.starts_with("2,XB,"));
    portfolio.end()?;

    let mut call = Running::start(shell.folder.path(), "call VerificationService/StreamVerify -")?;
    call.say(&format!(r#"{{"tag": "a", "request": {{"certificate": "{certificate}"}}}}"#))?;
    assert!(call.hear()?.contains(r#""tag":"a""#));
    call.say(&format!(r#"{{"tag": "b", "request": {{"certificate": "{certificate}"}}}}"#))?;
    assert!(call.hear()?.contains(r#""tag":"b""#));
    call.say(r#"{"tagg": "c"}"#)?;
    assert_eq!(call.end()?, Some(2), "what is no request is wrong usage");
    Ok(())
}
