//! A process that is told to end drains and ends well, in time, whatever its clients do.

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use greenlane_platform::process::{ProcessConfig, run};
use greenlane_platform::server::ServerConfig;
use support::relay;

const CHILD: &str = "GREENLANE_TEST_CHILD";

/// Not a test by itself: the process that the test below starts.
#[test]
fn serve_when_started_by_the_other_test() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let config = ServerConfig { drain_seconds: 1, ..ServerConfig::loopback() };
    let code = run("child", &ProcessConfig::default(), |_| async move { Ok(vec![relay(&config, None).await?]) });
    std::process::exit(if format!("{code:?}") == format!("{:?}", std::process::ExitCode::SUCCESS) { 0 } else { 1 });
}

fn start() -> (Child, std::net::SocketAddr) {
    let mut child = Command::new(std::env::current_exe().expect("a test knows its own file"))
        .args(["serve_when_started_by_the_other_test", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let address = loop {
        let line = lines.next().expect("it says where it listens before it ends").expect("text");
        if let Some((_, rest)) = line.split_once("\"address\":\"") {
            break rest.split('"').next().and_then(|text| text.parse().ok()).expect("an address");
        }
    };
    // Read on, or the child would one day wait for its log to be read.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

#[test]
fn sigterm_and_sigint_end_the_process_well_although_a_client_stays_silent() {
    for signal in ["TERM", "INT"] {
        let (mut child, address) = start();
        let _silent = std::net::TcpStream::connect(address).expect("it listens");
        let told = Instant::now();
        let kill = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", child.id())).status();
        assert!(kill.is_ok_and(|status| status.success()));
        let status = loop {
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(told.elapsed() < Duration::from_secs(30), "it should have ended");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(0), "SIG{signal}");
    }
}
