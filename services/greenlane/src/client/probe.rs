//! What answers at an address that does not speak gRPC as it was asked to.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tonic::{Code, Status};

/// For so long it is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asked in the words of HTTP/1.1, a web site answers in the same, and a server of TLS with an alert.
const QUESTION: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// The first bytes of an alert of TLS (RFC 8446, 5.1): its type, and the major version.
const ALERT: [u8; 2] = [21, 3];

/// Words of a connection that the other side ended while TLS was being agreed on, as one does that wants a certificate.
const ENDED: [&str; 6] = [
    "CertificateRequired",
    "CertificateRevoked",
    "close_notify",
    "broken pipe",
    "connection closed",
    "Connection reset",
];

/// How the hint begins where TLS is spoken and was not asked for. It will be tomorrow, too.
pub(crate) const SPEAKS_TLS: &str = "it answers with TLS: ";

/// What to do about a call that could not be made, where somebody else answers than it was meant for. A failure names the
/// address that could not be reached first.
pub(crate) async fn hint(status: &Status) -> Option<String> {
    let (address, why) = status.message().split_once(" cannot be reached: ")?;
    // Where nothing listens nobody is to be asked.
    if status.code() != Code::Unavailable || why.contains("tcp connect error") || why.contains("dns error") {
        return None;
    }
    if let Some(rest) = address.strip_prefix("https://") {
        return ended(&place(rest.split('/').next()?, 443)?, why).await;
    }
    let authority = address.strip_prefix("http://")?.split('/').next()?;
    let place = place(authority, 80)?;
    let answer = timeout(PATIENCE, ask(&place)).await.ok()?.ok()?;
    Some(match answer.as_slice() {
        [first, second, ..] if [*first, *second] == ALERT => {
            format!("{SPEAKS_TLS}write https://{authority}, and with --tls-ca name the authority of its certificate")
        }
        bytes if bytes.starts_with(b"HTTP/") => format!(
            "a web site answers there, and no service of gRPC: {authority} may be where the registry has its pages and keys; \
             `greenlane up` says which port is which"
        ),
        _ => return None,
    })
}

/// An address with its port.
fn place(authority: &str, usual: u16) -> Option<String> {
    let named = authority.rsplit(']').next()?.contains(':');
    Some(if named { authority.to_owned() } else { format!("{authority}:{usual}") })
}

/// Of a server that ends connections by TLS, and is there all the same.
async fn ended(place: &str, why: &str) -> Option<String> {
    if !ENDED.iter().any(|words| why.contains(words)) {
        return None;
    }
    timeout(PATIENCE, TcpStream::connect(place)).await.ok()?.ok()?;
    let advice = "it is there, and ends the connection: it wants a certificate (--tls-cert and --tls-key), or another than it \
                  was shown; its log says which names it got";
    Some(advice.to_owned())
}

/// The first bytes of the answer.
async fn ask(place: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(place).await?;
    stream.write_all(QUESTION).await?;
    let mut answer = [0; 16];
    let read = stream.read(&mut answer).await?;
    Ok(answer[..read].to_vec())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// What is said of a server that answers so.
    async fn told(answer: &'static [u8]) -> Option<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(answer).await.unwrap();
            // Until the other side is done.
            let _ = stream.read(&mut [0; 128]).await;
        });
        hint(&Status::unavailable(format!("{address} cannot be reached: transport error: broken pipe"))).await
    }

    #[tokio::test]
    async fn a_web_site_and_a_server_of_tls_are_told_as_what_they_are() {
        let site = told(b"HTTP/1.1 404 Not Found\r\n\r\n").await.unwrap();
        assert!(site.starts_with("a web site answers there"), "{site}");
        let tls = told(&[21, 3, 1, 0, 2, 2, 70]).await.unwrap();
        assert!(tls.contains("it answers with TLS: write https://127.0.0.1:"), "{tls}");
        assert_eq!(told(&[0, 0, 0, 4, 0, 0]).await, None, "nobody knows what that is");
    }

    #[tokio::test]
    async fn a_server_that_is_there_and_ends_tls_wants_a_certificate_or_another() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let status = |why: &str| Status::unavailable(format!("{address} cannot be reached: transport error: {why}"));
        for why in [
            "peer closed connection without sending TLS close_notify",
            "received fatal alert: CertificateRequired",
            "received fatal alert: CertificateRevoked",
        ] {
            let told = hint(&status(why)).await.unwrap();
            assert!(told.starts_with("it is there, and ends the connection") && told.contains("--tls-cert"), "{told}");
        }
        assert_eq!(
            hint(&status("invalid peer certificate: UnknownIssuer")).await,
            None,
            "it is not there that wants one"
        );
        drop(listener);
        assert_eq!(hint(&status("connection closed")).await, None, "nobody is there");
    }

    #[tokio::test]
    async fn nobody_asks_again_where_nothing_listens() {
        let status = |why: &str| Status::unavailable(format!("http://127.0.0.1:9 cannot be reached: {why}"));
        assert_eq!(hint(&status("transport error: tcp connect error: Connection refused")).await, None);
        assert_eq!(hint(&Status::unavailable("later")).await, None);
    }
}
