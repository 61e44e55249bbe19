use hyper::service::service_fn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

const LONG: Duration = Duration::from_secs(60);
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: example.org\r\n\r\n";

/// A client of a connection that answers so many bytes after so long.
async fn connect(bounds: Bounds, bytes: usize, after: Duration) -> (TcpStream, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let service = service_fn(move |_: Request<Incoming>| async move {
        sleep(after).await;
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(vec![b'x'; bytes]))))
    });
    (client, tokio::spawn(serve(stream, service, bounds)))
}

async fn ends(serving: JoinHandle<()>) {
    timeout(Duration::from_secs(20), serving).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn who_takes_none_of_its_answers_is_cut_off() {
    let bounds = Bounds { read: LONG, write: Duration::from_millis(300), age: LONG };
    let (mut client, serving) = connect(bounds, 1 << 20, Duration::ZERO).await;
    for _ in 0..100 {
        client.write_all(GET).await.unwrap();
    }
    ends(serving).await;
}

#[tokio::test]
async fn who_takes_its_answers_slowly_is_given_them() {
    let bounds = Bounds { read: LONG, write: Duration::from_secs(20), age: LONG };
    let (mut client, serving) = connect(bounds, 8 << 20, Duration::ZERO).await;
    client.write_all(GET).await.unwrap();
    let (mut taken, mut part) = (0, vec![0_u8; 1 << 20]);
    while taken < 8 << 20 {
        sleep(Duration::from_millis(20)).await;
        taken += client.read(&mut part).await.unwrap();
    }
    drop(client);
    ends(serving).await;
}

#[tokio::test]
async fn a_connection_ends_at_its_greatest_age_and_not_before_its_last_answer() {
    let bounds = Bounds { read: LONG, write: Duration::from_secs(10), age: Duration::from_millis(300) };
    let mut answer = String::new();
    // Where the machine stalls, a connection is too old before its request is read: another is made.
    for _ in 0..10 {
        let (mut client, serving) = connect(bounds, 5, Duration::from_millis(900)).await;
        client.write_all(GET).await.unwrap();
        let read = client.read_to_string(&mut answer).await;
        ends(serving).await;
        if read.is_ok_and(|bytes| bytes > 0) {
            break;
        }
    }
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("xxxxx"), "{answer}");
    let (_idle, serving) = connect(bounds, 5, Duration::ZERO).await;
    ends(serving).await;
}
