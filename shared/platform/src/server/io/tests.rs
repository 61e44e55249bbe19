//! That what is written goes out together, and all of it.

use std::future::poll_fn;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{GATHERED_BYTES, Io};

#[tokio::test]
async fn what_is_written_and_flushed_goes_out_together_when_the_connection_is_through() {
    let (ours, mut theirs) = tokio::io::duplex(1 << 20);
    let (mut io, _) = Io::pipe(ours);
    let outgoing = io.outgoing();
    for part in [&b"one "[..], b"two ", b"three"] {
        io.write_all(part).await.unwrap();
        io.flush().await.unwrap();
    }
    let mut read = [0; 64];
    let nothing = tokio::time::timeout(std::time::Duration::from_millis(20), theirs.read(&mut read)).await;
    assert!(nothing.is_err(), "nothing went out yet");
    poll_fn(|cx| outgoing.poll_drain(cx)).await.unwrap();
    let count = theirs.read(&mut read).await.unwrap();
    assert_eq!(&read[..count], b"one two three");
}

#[tokio::test]
async fn a_reader_that_is_slow_gets_everything_and_holds_up_the_writer() {
    let (ours, mut theirs) = tokio::io::duplex(1 << 10);
    let (mut io, _) = Io::pipe(ours);
    let bytes: Vec<u8> = (0..GATHERED_BYTES * 3).map(|at| at as u8).collect();
    let sent = bytes.clone();
    let writing = tokio::spawn(async move {
        io.write_all(&sent).await.unwrap();
        io.shutdown().await.unwrap();
    });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert!(!writing.is_finished(), "no more is gathered than its limit");
    let mut read = Vec::new();
    theirs.read_to_end(&mut read).await.unwrap();
    assert!(read == bytes, "{} bytes came", read.len());
    writing.await.unwrap();
}
