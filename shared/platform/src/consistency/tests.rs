use super::*;

fn parse(requirement: Option<Requirement>) -> Result<Consistency, String> {
    let mut v = Violations::new();
    let parsed = Consistency::parse(&mut v, Some(&ReadConsistency { requirement }));
    parsed.ok_or_else(|| v.found()[0].field.clone())
}

#[test]
fn a_read_is_latest_unless_it_says_more_and_no_revision_is_zero() {
    assert_eq!(Consistency::parse(&mut Violations::new(), None), Some(Consistency::Latest));
    assert_eq!(parse(None), Ok(Consistency::Latest));
    assert_eq!(parse(Some(Requirement::Latest(true))), Ok(Consistency::Latest));
    assert_eq!(parse(Some(Requirement::Latest(false))), Err("consistency.latest".to_owned()));
    assert_eq!(parse(Some(Requirement::AtLeastRevision(0))), Ok(Consistency::AtLeast(0)));
    assert_eq!(parse(Some(Requirement::ExactlyRevision(7))), Ok(Consistency::Exactly(7)));
    assert_eq!(parse(Some(Requirement::ExactlyRevision(0))), Err("consistency.exactly_revision".to_owned()));
}
