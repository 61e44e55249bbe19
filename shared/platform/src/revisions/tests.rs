use futures_util::StreamExt as _;

use super::*;

fn published(revision: u64) -> Published {
    Published { revision, at: None }
}

#[tokio::test]
async fn a_watch_tells_the_current_revision_then_each_newer_one_and_bookmarks_between() {
    let (sender, receiver) = watch::channel(published(1));
    let mut watch = std::pin::pin!(super::watch(receiver, Duration::from_millis(20)));
    assert_eq!(watch.next().await, Some((published(1), false)));
    assert_eq!(watch.next().await, Some((published(1), true)));
    sender.send_replace(published(2));
    assert_eq!(watch.next().await, Some((published(2), false)));
    // A slow reader gets the newest only, once.
    sender.send_replace(published(3));
    sender.send_replace(published(4));
    assert_eq!(watch.next().await, Some((published(4), false)));
    assert_eq!(watch.next().await, Some((published(4), true)));
    drop(sender);
    assert_eq!(watch.next().await, None);
}
