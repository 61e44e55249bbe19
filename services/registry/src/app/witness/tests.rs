use greenlane_log::{Appender, hash_leaf};

use super::*;

fn tree(size: u64, salt: &str) -> Witnessed {
    let leaves: Vec<Hash> = (0..size).map(|index| hash_leaf(format!("{salt}{index}").as_bytes())).collect();
    Witnessed { size, root: Appender::new().append(&leaves).root() }
}

fn proof(old: u64, new: u64) -> Vec<Hash> {
    let leaf = |index: u64| hash_leaf(format!("{index}").as_bytes());
    let before = Appender::new().append(&(0..old).map(leaf).collect::<Vec<_>>()).into_appender();
    before.append(&(old..new).map(leaf).collect::<Vec<_>>()).consistency_proof().unwrap()
}

#[test]
fn only_a_tree_that_continues_the_one_before_is_cosigned() {
    let (five, nine) = (tree(5, ""), tree(9, ""));
    assert_eq!(judge(None, 0, &five, &[]), None);
    assert_eq!(judge(Some(&five), 5, &nine, &proof(5, 9)), None);
    assert_eq!(judge(Some(&five), 5, &five, &[]), None, "the same again");
    assert_eq!(judge(Some(&nine), 5, &nine, &proof(5, 9)), Some(Reply::Conflict(9)));
    assert_eq!(judge(Some(&nine), 0, &five, &[]), Some(Reply::Conflict(9)), "never back");
    assert_eq!(judge(None, 3, &five, &[]), Some(Reply::Conflict(0)));
    assert_eq!(judge(Some(&five), 5, &tree(5, "other"), &[]), Some(Reply::Conflict(5)));
    assert_eq!(judge(Some(&five), 5, &tree(9, "other"), &proof(5, 9)), Some(Reply::NotProved));
    assert_eq!(judge(Some(&five), 5, &nine, &[]), Some(Reply::NotProved));
    assert_eq!(judge(None, 0, &five, &proof(5, 9)), Some(Reply::NotProved), "there is no proof from nothing");
}

#[test]
fn a_request_is_read_strictly() {
    let good = "old 5\n7kx5jNXLCGZ0H6iTFpvlvGNrLAL1kYTM0w1tTy7IZ0I=\n\nx\n1\nAAAA\n\n— x y\n";
    assert!(parse(good.as_bytes()).is_some());
    for wrong in ["", "old 5\n", "old 05\n\nx\n", "old -1\n\nx\n", "5\n\nx\n", "old 5\nnot base64\n\nx\n"] {
        assert!(parse(wrong.as_bytes()).is_none(), "{wrong}");
    }
    let many = format!("old 5\n{}\nx\n", "7kx5jNXLCGZ0H6iTFpvlvGNrLAL1kYTM0w1tTy7IZ0I=\n".repeat(64));
    assert!(parse(many.as_bytes()).is_none());
}
