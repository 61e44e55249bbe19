use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::*;

/// A site whose proxies have these addresses.
async fn site(proxies: &'static [[u8; 4]]) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let trusted: Trusted = Arc::new(move |address| proxies.iter().any(|proxy| address == IpAddr::from(*proxy)));
    let answer: Answer = Arc::new(|_| Box::pin(async { Response::new(Full::new(Bytes::from_static(b"here"))) }));
    let site = Site { listen: address, max_body_bytes: 100, trusted, answer };
    tokio::spawn(site.serve(listener, address, CancellationToken::new()));
    address
}

async fn connect(from: [u8; 4], site: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    socket.connect(site).await.unwrap()
}

/// Whether it is answered, and not closed.
async fn is_answered(mut stream: TcpStream) -> bool {
    let asked = stream.write_all(b"GET / HTTP/1.1\r\nhost: example.org\r\nconnection: close\r\n\r\n").await;
    let mut answer = Vec::new();
    asked.is_ok() && stream.read_to_end(&mut answer).await.is_ok() && answer.ends_with(b"here")
}

#[tokio::test]
async fn one_client_does_not_take_all_connections_and_a_proxy_of_ours_may() {
    let (greedy, other, proxy) = ([127, 0, 0, 1], [127, 0, 0, 2], [127, 0, 0, 3]);
    let site = site(&[[127, 0, 0, 3]]).await;
    let mut held = Vec::new();
    for _ in 0..MOST_OF_ONE {
        held.push(connect(greedy, site).await);
    }
    assert!(!is_answered(connect(greedy, site).await).await, "it has its share");
    assert!(is_answered(connect(other, site).await).await);
    let mut through = Vec::new();
    for _ in 0..=MOST_OF_ONE {
        through.push(connect(proxy, site).await);
    }
    assert!(is_answered(connect(proxy, site).await).await);
    assert!(is_answered(held.remove(0)).await, "what it has is served");
}
