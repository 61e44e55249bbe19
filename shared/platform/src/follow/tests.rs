use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::{Mutex, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{FollowConfig, RevisionFollower};

const LONG: Duration = Duration::from_secs(20);

type Revisions = mpsc::Receiver<Result<u64, Status>>;

/// Gives the follower one stream after another; records what it asked for.
struct Source {
    streams: Mutex<mpsc::Receiver<Revisions>>,
    asked: AtomicUsize,
    last_asked_after: AtomicUsize,
}

fn follow() -> (RevisionFollower, mpsc::Sender<Revisions>, Arc<Source>) {
    let (give, streams) = mpsc::channel(4);
    let source = Arc::new(Source {
        streams: Mutex::new(streams),
        asked: AtomicUsize::new(0),
        last_asked_after: AtomicUsize::new(0),
    });
    let opener = source.clone();
    let config = FollowConfig {
        min_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(2),
        idle_timeout: LONG,
    };
    let follower = RevisionFollower::spawn("test", config, move |after| {
        let source = opener.clone();
        async move {
            source.asked.fetch_add(1, Ordering::SeqCst);
            source.last_asked_after.store(after as usize, Ordering::SeqCst);
            match source.streams.lock().await.recv().await {
                Some(stream) => Ok(ReceiverStream::new(stream).boxed()),
                None => Err(Status::unavailable("no more")),
            }
        }
    });
    (follower, give, source)
}

#[tokio::test]
async fn nothing_is_known_before_the_first_message() {
    let (follower, _give, _) = follow();
    assert_eq!(follower.revision(), None);
    assert_eq!(follower.age(), None);
    assert!(!follower.is_fresh(LONG));
}

#[tokio::test]
async fn each_new_revision_is_told_and_a_bookmark_only_freshens() {
    let (follower, give, _) = follow();
    let (send, stream) = mpsc::channel(4);
    give.send(stream).await.unwrap();
    send.send(Ok(7)).await.unwrap();
    assert!(follower.wait_for(7, LONG).await);
    assert!(follower.is_fresh(LONG));
    let mut changes = follower.changes();
    changes.mark_unchanged();
    let heard = *follower.heard.borrow();
    let mut messages = follower.heard.clone();
    messages.mark_unchanged();
    send.send(Ok(7)).await.unwrap();
    messages.changed().await.unwrap();
    assert!(*follower.heard.borrow() >= heard);
    assert!(!changes.has_changed().unwrap(), "a bookmark is no new revision");
    send.send(Ok(8)).await.unwrap();
    assert!(follower.wait_for(8, LONG).await);
    assert!(changes.has_changed().unwrap());
}

#[tokio::test]
async fn a_stream_that_ends_is_opened_again_after_the_last_revision() {
    let (follower, give, source) = follow();
    for revision in [3, 5] {
        let (send, stream) = mpsc::channel(4);
        give.send(stream).await.unwrap();
        send.send(Ok(revision)).await.unwrap();
        assert!(follower.wait_for(revision, LONG).await);
        send.send(Err(Status::unavailable("as told"))).await.unwrap();
    }
    let (send, stream) = mpsc::channel(4);
    give.send(stream).await.unwrap();
    send.send(Ok(6)).await.unwrap();
    assert!(follower.wait_for(6, LONG).await);
    assert_eq!(source.last_asked_after.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn the_stream_is_closed_with_the_last_follower() {
    let (follower, give, _) = follow();
    let (send, stream) = mpsc::channel(4);
    give.send(stream).await.unwrap();
    send.send(Ok(1)).await.unwrap();
    assert!(follower.wait_for(1, LONG).await);
    let clone = follower.clone();
    drop(follower);
    send.send(Ok(2)).await.unwrap();
    assert!(clone.wait_for(2, LONG).await);
    drop(clone);
    tokio::time::timeout(LONG, send.closed()).await.unwrap();
}

#[tokio::test]
async fn waiting_for_a_revision_that_does_not_come_ends() {
    let (follower, _give, _) = follow();
    assert!(!follower.wait_for(1, Duration::from_millis(10)).await);
}
