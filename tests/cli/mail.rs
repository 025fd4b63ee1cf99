//! E-mail over real TLS, by servers in the test: what is trusted, what is sent before that, and what is not.

use crate::fixture::{Fixture, skip, which};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;

const PASSWORD: &str = "tk-very-secret";

/// When a server speaks TLS.
#[derive(Clone, Copy, PartialEq)]
enum Secure {
    /// From the first byte.
    AtOnce,
    /// After STARTTLS.
    Asked,
    /// It does not know how.
    Never,
}

/// A project whose mail goes to a server, and a certificate for that, `cert.pem`; `None` where nothing makes one.
fn project(test: &str) -> Option<Fixture> {
    let fixture = Fixture::new().env("PASSWORD", PASSWORD);
    if which("openssl").is_none() {
        skip(&format!("cli::mail::{test}: needs openssl"));
        return None;
    }
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=mail.example.org"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(fixture.path(""))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(fixture)
}

fn config(dir: &Path) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(dir.join("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

/// What a mail server was told: in the open, and under TLS.
#[derive(Default)]
struct Told {
    open: String,
    secure: String,
}

/// A mail server for one connection.
fn server(secure: Secure, config: Arc<ServerConfig>) -> (SocketAddr, JoinHandle<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut told = Told::default();
        let tls =
            |stream: TcpStream| StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
        if secure == Secure::AtOnce {
            converse(&mut tls(stream), &mut told.secure, true, false);
        } else if converse(&mut &stream, &mut told.open, true, secure == Secure::Asked) {
            converse(&mut tls(stream), &mut told.secure, false, false);
        }
        told
    });
    (address, thread)
}

/// Answers every line, until the other side ends it, or wants TLS: then it is true.
fn converse<S: Read + Write>(stream: &mut S, told: &mut String, greets: bool, offers_tls: bool) -> bool {
    let mut stream = BufReader::new(stream);
    if greets && stream.get_mut().write_all(b"220 mail.example.org\r\n").is_err() {
        return false;
    }
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return false;
        }
        told.push_str(&line);
        if in_data && line != ".\r\n" {
            continue;
        }
        let word = if in_data { "." } else { line.trim_end().split([' ', ':']).next().unwrap() };
        in_data = word == "DATA";
        let answer = match word {
            "EHLO" if offers_tls => "250-mail.example.org\r\n250 STARTTLS",
            "EHLO" => "250-mail.example.org\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
            "STARTTLS" => "220 go on",
            "AUTH" => "235 ok",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).is_err() {
            return false;
        }
        if word == "STARTTLS" {
            return true;
        }
    }
}

/// Sends the test by a server, and tells what that was told.
fn told(fixture: Fixture, secure: Secure, scheme: &str, code: i32, said: &str) -> (Fixture, Told) {
    let (address, thread) = server(secure, config(&fixture.path("")));
    let fixture = fixture.file(
        "Fleetfile.yaml",
        format!(
            "version: \"3\"\nfleet: {{}}\npipelines:\n  deploy:\n    check: [reachable]\n    notify:\n      - {{email: ops@example.org, \
             server: '{scheme}://{address}', from: fleet@example.org, user: fleet, password: {{env: PASSWORD}}}}\n"
        ),
    );
    let ran = fixture.run(["notify", "test"]).code(code).stdout_contains(said);
    assert!(!(ran.stdout + &ran.stderr).contains(PASSWORD));
    (fixture, thread.join().unwrap())
}

/// What signs in and what is sent.
fn is_mail(text: &str) -> bool {
    ["AUTH PLAIN ", "MAIL FROM:<fleet@example.org>", "RCPT TO:<ops@example.org>", "Subject: "]
        .iter()
        .all(|start| text.lines().any(|line| line.starts_with(start)))
}

#[test]
fn a_mail_goes_over_tls_to_a_server_that_is_trusted() {
    let Some(fixture) = project("a_mail_goes_over_tls_to_a_server_that_is_trusted") else { return };
    let certificate = fixture.path("cert.pem");
    let fixture = fixture.env("SSL_CERT_FILE", certificate);
    let (fixture, mail) = told(fixture, Secure::Asked, "smtp", 0, "email  delivered");
    assert!(is_mail(&mail.secure), "{}", mail.secure);
    let before: Vec<&str> = mail.open.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(before, ["EHLO", "STARTTLS"], "{}", mail.open);
    let (_, mail) = told(fixture, Secure::AtOnce, "smtps", 0, "email  delivered");
    assert!(is_mail(&mail.secure), "{}", mail.secure);
}

#[test]
fn a_server_that_is_not_trusted_gets_neither_password_nor_mail() {
    let Some(fixture) = project("a_server_that_is_not_trusted_gets_neither_password_nor_mail") else {
        return;
    };
    let refused = "email  not delivered: no secure connection to the mail server";
    let mut fixture = fixture;
    for (secure, scheme) in [(Secure::Asked, "smtp"), (Secure::AtOnce, "smtps")] {
        let (again, mail) = told(fixture, secure, scheme, 7, refused);
        assert!(
            mail.secure.is_empty() && !mail.open.contains("AUTH") && !mail.open.contains("MAIL"),
            "{}",
            mail.open
        );
        fixture = again;
    }
    // One that has no TLS is not spoken to without.
    let certificate = fixture.path("cert.pem");
    let fixture = fixture.env("SSL_CERT_FILE", certificate);
    let (_, mail) = told(fixture, Secure::Never, "smtp", 7, "email  not delivered: ");
    assert!(!mail.open.contains("AUTH") && !mail.open.contains("MAIL"), "{}", mail.open);
}

#[test]
fn a_webhook_trusts_the_authorities_of_the_system() {
    let Some(fixture) = project("a_webhook_trusts_the_authorities_of_the_system") else { return };
    let config = config(&fixture.path(""));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let mut request = vec![0; 1 << 16];
            let count = stream.read(&mut request).unwrap_or(0);
            requests.push(String::from_utf8_lossy(&request[..count]).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        requests
    });
    let fixture = fixture.file(
        "Fleetfile.yaml",
        format!(
            "version: \"3\"\nfleet: {{}}\npipelines:\n  deploy:\n    check: [reachable]\n    notify:\n      - {{webhook: \
             'https://{address}/hook', token: {{env: PASSWORD}}}}\n"
        ),
    );
    let refused = "webhook  not delivered: no secure connection: its certificate is not trusted";
    fixture.run(["notify", "test"]).code(7).stdout_contains(refused);
    let certificate = fixture.path("cert.pem");
    fixture
        .env("SSL_CERT_FILE", certificate)
        .run(["notify", "test"])
        .code(0)
        .stdout_is("webhook  delivered\n");
    let requests = thread.join().unwrap();
    assert!(requests[0].is_empty() && requests[1].starts_with("POST /hook "), "{requests:?}");
}
