use super::*;
use crate::driver::{ErrorKind, Output};
use crate::process::{Cancel, Stream};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread::JoinHandle;

const SECRET: &str = "tk-very-secret";

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Output for Heard {
    fn line(&self, _: Stream, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

fn message() -> Message {
    Message {
        title: "apply-nixos: 1 failed".to_owned(),
        text: "rydev failed in build".to_owned(),
        urgent: true,
        report: json!({"version": 1, "run": "20261123T091500Z-abc123", "exit_code": 1}),
    }
}

/// A notifier that gives up soon and takes no proxy from the environment.
fn notifier(pauses: usize) -> Notifier {
    let notifier = Notifier::new(std::env::temp_dir());
    let http = Http::with(Duration::from_millis(400), vec![Duration::ZERO; pauses], None);
    let _ = notifier.http.set(http);
    notifier
}

fn send(notifier: &Notifier, address: Address<'_>, message: &Message) -> Result<(), DriverError> {
    notifier.send(address, message, Io { output: &Heard::default(), cancel: &Cancel::new() })
}

/// What a server does with a connection.
type Answer = Box<dyn FnOnce(&mut TcpStream) + Send>;

/// A server that treats one connection after the other as it is told, and gives the requests that it read.
fn server(answers: Vec<Answer>) -> (std::net::SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            requests.push(request(&mut stream));
            answer(&mut stream);
        }
        requests
    });
    (address, thread)
}

fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the request ends early: {text}");
        bytes.extend_from_slice(&buffer[..count]);
    }
}

fn answer(text: &'static str) -> Answer {
    Box::new(move |stream| stream.write_all(text.as_bytes()).unwrap())
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const DOWN: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

fn header_of<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let head = request.split("\r\n\r\n").next().unwrap();
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
}

#[test]
fn ntfy_gets_text_as_body_and_the_rest_as_headers() {
    let (host, thread) = server(vec![answer(OK), answer(OK)]);
    let url = format!("http://:{SECRET}@{host}/deploys");
    send(&notifier(0), Address::Ntfy(&url), &message()).unwrap();
    let calm = Message { title: "grün".to_owned(), urgent: false, text: "ü".repeat(4_000), ..message() };
    send(&notifier(0), Address::Ntfy(&url), &calm).unwrap();
    let requests = thread.join().unwrap();

    let first = &requests[0];
    assert!(first.starts_with("POST /deploys HTTP/1.1\r\n"), "{first}");
    assert!(first.ends_with("\r\n\r\nrydev failed in build"), "{first}");
    assert_eq!(header_of(first, "title"), Some("apply-nixos: 1 failed"));
    assert_eq!(header_of(first, "priority"), Some("4"));
    assert_eq!(header_of(first, "host"), Some(host.to_string().as_str()));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!(":{SECRET}")));
    assert_eq!(header_of(first, "authorization"), Some(basic.as_str()));

    let second = &requests[1];
    assert_eq!(header_of(second, "title"), Some("=?UTF-8?B?Z3LDvG4=?="));
    assert_eq!(header_of(second, "priority"), Some("3"));
    let body = second.split_once("\r\n\r\n").unwrap().1;
    assert!(body.len() <= 4_000 && body.ends_with("ü…"), "{} bytes", body.len());
}

#[test]
fn a_webhook_gets_the_report_with_title_and_text() {
    let (host, thread) = server(vec![answer("HTTP/1.1 204 No Content\r\n\r\n")]);
    send(&notifier(0), Address::Webhook(&format!("http://{host}/hook/{SECRET}")), &message()).unwrap();
    let request = thread.join().unwrap().remove(0);
    assert_eq!(header_of(&request, "content-type"), Some("application/json"));
    assert_eq!(header_of(&request, "x-fleet-run"), Some("20261123T091500Z-abc123"));
    let body: Json = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(
        body,
        json!({"title": "apply-nixos: 1 failed", "text": "rydev failed in build", "urgent": true,
               "version": 1, "run": "20261123T091500Z-abc123", "exit_code": 1})
    );
}

/// Sends to a server that answers so, and gives the error, having looked for secrets in it.
fn error_of(pauses: usize, answers: Vec<Answer>) -> DriverError {
    let (host, thread) = server(answers);
    let url = format!("http://user:{SECRET}@{host}/hook/{SECRET}?auth={SECRET}");
    let error = send(&notifier(pauses), Address::Webhook(&url), &message()).unwrap_err();
    thread.join().unwrap();
    let text = format!("{error} {error:?}");
    assert!(!text.contains(SECRET) && !text.contains("127.0.0.1"), "{text}");
    error
}

#[test]
fn a_server_that_is_down_is_tried_again() {
    let (host, thread) = server(vec![answer(DOWN), answer(OK)]);
    send(&notifier(2), Address::Webhook(&format!("http://{host}/")), &message()).unwrap();
    assert_eq!(thread.join().unwrap().len(), 2);

    let error = error_of(2, vec![answer(DOWN), answer(DOWN), answer(DOWN)]);
    assert_eq!(error.message, "it was answered with 503 Service Unavailable (tried 3 times)");
}

#[test]
fn a_refusal_is_final() {
    let error = error_of(2, vec![answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")]);
    assert_eq!(error.message, "it was answered with 403 Forbidden");
}

#[test]
fn a_redirect_is_no_delivery() {
    let redirect =
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n";
    let error = error_of(2, vec![answer(redirect)]);
    assert_eq!(error.message, "it was answered with 302 Found");
    assert!(error.help.unwrap().contains("redirects are not followed"));
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    // It holds the connection until the other side closes it.
    let hang: Answer = Box::new(|stream| {
        let _ = stream.read(&mut [0]);
    });
    assert_eq!(error_of(0, vec![hang]).kind, ErrorKind::TimedOut);
}

#[test]
fn an_endless_body_is_not_read() {
    let endless: Answer = Box::new(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").unwrap();
        // Ends when the client hangs up.
        while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
    });
    let (host, thread) = server(vec![endless]);
    let notifier = notifier(0);
    send(&notifier, Address::Webhook(&format!("http://{host}/")), &message()).unwrap();
    drop(notifier);
    thread.join().unwrap();

    let endless_head: Answer = Box::new(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-More: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").is_ok() {}
    });
    assert_eq!(error_of(0, vec![endless_head]).message, "what answered does not speak HTTP");
}

#[test]
fn an_answer_that_breaks_off_is_a_lost_connection() {
    assert_eq!(error_of(1, vec![answer(""), answer("")]).kind, ErrorKind::ConnectionLost);
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}/{SECRET}");
    let error = send(&notifier(1), Address::Ntfy(&url), &message()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.message, "its host refuses the connection (tried 2 times)");
}

#[test]
fn what_is_no_web_address_is_refused() {
    for url in ["", "ntfy.sh/x", "file:///etc/passwd", "ftp://x/", "http://", "http://a b/", "http://u%zz@h/"]
    {
        let error = send(&notifier(0), Address::Ntfy(url), &message()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refusal, "{url}");
        assert!(url.is_empty() || !error.to_string().contains(url), "{error}");
    }
}

fn command(notifier: &Notifier, script: &str) -> (Result<(), DriverError>, Vec<String>) {
    let heard = Heard::default();
    let io = Io { output: &heard, cancel: &Cancel::new() };
    let result = notifier.send(Address::Command(script), &message(), io);
    (result, heard.0.into_inner().unwrap())
}

#[test]
fn a_command_gets_the_report_on_standard_input() {
    let (result, heard) = command(&notifier(0), "cat; echo; echo done >&2");
    result.unwrap();
    let body: Json = serde_json::from_str(&heard[0]).unwrap();
    assert_eq!(body["title"], "apply-nixos: 1 failed");
    assert_eq!(body["exit_code"], 1);
    assert!(heard.contains(&"done".to_owned()));
}

#[test]
fn a_command_may_fail_hang_or_read_nothing() {
    let (result, _) = command(&notifier(0), &format!("echo {SECRET} >/dev/null; exit 3"));
    assert_eq!(result.unwrap_err().to_string(), "the command exited with 3");
    let impatient = Notifier { command_timeout: Duration::from_millis(100), ..notifier(0) };
    let (result, _) = command(&impatient, "sleep 60");
    assert_eq!(result.unwrap_err().kind, ErrorKind::TimedOut);
    let (result, _) = command(&notifier(0), "exec true");
    result.unwrap();
}
