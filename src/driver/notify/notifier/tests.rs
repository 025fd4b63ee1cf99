use super::*;
use crate::driver::{ErrorKind, Output, Source};
use crate::model::Shims;
use crate::process::{Cancel, Stream};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value as Json, json};
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
    let notifier = Notifier::new(std::env::temp_dir(), CommandEnvironment::new(Shims::default()));
    let http = Http::with(Duration::from_millis(400), vec![Duration::ZERO; pauses], None);
    let _ = notifier.http.set(http);
    notifier
}

fn send(notifier: &Notifier, channel: &Channel, message: &Message) -> Result<(), DriverError> {
    notifier.send(channel, message, Io { output: &Heard::default(), cancel: &Cancel::new() })
}

fn to(service: Service, address: impl Into<String>) -> Channel {
    Channel { service, address: Source::Text(address.into()), settings: Vec::new() }
}

fn with(service: Service, address: impl Into<String>, settings: &[(&'static str, &str)]) -> Channel {
    let settings = settings.iter().map(|(key, value)| (*key, Source::Text((*value).to_owned())));
    Channel { settings: settings.collect(), ..to(service, address) }
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
    send(&notifier(0), &to(Service::Ntfy, &url), &message()).unwrap();
    let calm = Message { title: "grün".to_owned(), urgent: false, text: "ü".repeat(4_000), ..message() };
    send(&notifier(0), &to(Service::Ntfy, &url), &calm).unwrap();
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
    send(&notifier(0), &to(Service::Webhook, format!("http://{host}/hook/{SECRET}")), &message()).unwrap();
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
    let error = send(&notifier(pauses), &to(Service::Webhook, url), &message()).unwrap_err();
    thread.join().unwrap();
    let text = format!("{error} {error:?}");
    assert!(!text.contains(SECRET) && !text.contains("127.0.0.1"), "{text}");
    error
}

#[test]
fn a_server_that_is_down_is_tried_again() {
    let (host, thread) = server(vec![answer(DOWN), answer(OK)]);
    send(&notifier(2), &to(Service::Webhook, format!("http://{host}/")), &message()).unwrap();
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
    send(&notifier, &to(Service::Webhook, format!("http://{host}/")), &message()).unwrap();
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
    let error = send(&notifier(1), &to(Service::Ntfy, url), &message()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.message, "its host refuses the connection (tried 2 times)");
}

#[test]
fn what_is_no_web_address_is_refused() {
    for url in ["", "ntfy.sh/x", "file:///etc/passwd", "ftp://x/", "http://", "http://a b/", "http://u%zz@h/"]
    {
        let error = send(&notifier(0), &to(Service::Ntfy, url), &message()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refusal, "{url}");
        assert!(url.is_empty() || !error.to_string().contains(url), "{error}");
    }
}

fn command(notifier: &Notifier, script: &str) -> (Result<(), DriverError>, Vec<String>) {
    let heard = Heard::default();
    let io = Io { output: &heard, cancel: &Cancel::new() };
    let result = notifier.send(&to(Service::Command, script), &message(), io);
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

/// What a service is sent: the head, and the body as JSON.
fn sent(channel: impl FnOnce(std::net::SocketAddr) -> Channel, message: &Message) -> (String, Json) {
    let (host, thread) = server(vec![answer(OK)]);
    send(&notifier(0), &channel(host), message).unwrap();
    let request = thread.join().unwrap().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap_or_else(|_| Json::from(body)))
}

fn long() -> Message {
    Message {
        title: "<ü> & 😀".to_owned() + &"t".repeat(9_000), text: "ä😀<x>".repeat(9_000), ..message()
    }
}

#[test]
fn chats_get_title_and_text_as_long_as_they_take_them() {
    let (head, body) =
        sent(|host| to(Service::Discord, format!("http://{host}/api/webhooks/1/x")), &message());
    assert!(head.starts_with("POST /api/webhooks/1/x HTTP"), "{head}");
    assert_eq!(body["embeds"][0]["title"], "apply-nixos: 1 failed");
    assert_eq!(body["embeds"][0]["description"], "rydev failed in build");
    assert_eq!(body["allowed_mentions"], json!({"parse": []}), "a host's name mentions nobody");
    let (_, body) = sent(|host| to(Service::Discord, format!("http://{host}/")), &long());
    let units = |text: &Json| text.as_str().unwrap().encode_utf16().count();
    assert!((4_094..=4_096).contains(&units(&body["embeds"][0]["description"])));
    assert_eq!(units(&body["embeds"][0]["title"]), 256);

    let named = Message { text: "a<b> & _c_".to_owned(), ..message() };
    let (_, body) = sent(|host| to(Service::Slack, format!("http://{host}/")), &named);
    assert_eq!(body, json!({"text": "*apply-nixos: 1 failed*\na&lt;b&gt; &amp; _c_"}));
    let (_, body) = sent(|host| to(Service::Mattermost, format!("http://{host}/")), &named);
    assert_eq!(body, json!({"text": "**apply-nixos: 1 failed**\n```\na<b> & _c_\n```"}));

    let room = [("room", "!a:example.org"), ("token", SECRET)];
    let (head, body) = sent(|host| with(Service::Matrix, format!("http://{host}/"), &room), &message());
    let path =
        "/_matrix/client/v3/rooms/%21a%3Aexample.org/send/m.room.message/fleet-20261123T091500Z-abc123";
    assert!(head.starts_with(&format!("PUT {path} HTTP")), "{head}");
    assert_eq!(header_of(&head, "authorization"), Some(&*format!("Bearer {SECRET}")));
    assert_eq!(body, json!({"msgtype": "m.text", "body": "apply-nixos: 1 failed\nrydev failed in build"}));
    let (_, body) = sent(|host| with(Service::Matrix, format!("http://{host}"), &room), &long());
    assert!(body["body"].as_str().unwrap().len() <= 10_000);

    let bot = |host: std::net::SocketAddr| {
        let server = format!("http://{host}");
        with(Service::Telegram, "-100123", &[("token", SECRET), ("thread", "7"), ("server", &server)])
    };
    let (head, body) = sent(bot, &message());
    assert!(head.starts_with(&format!("POST /bot{SECRET}/sendMessage HTTP")), "{head}");
    assert_eq!(body["chat_id"], "-100123");
    assert_eq!(body["message_thread_id"], 7);
    assert_eq!(body["text"], "apply-nixos: 1 failed\n\nrydev failed in build");
    assert_eq!(body["entities"], json!([{"type": "bold", "offset": 0, "length": 21}]));
    assert!((4_094..=4_096).contains(&units(&sent(bot, &long()).1["text"])));
}

#[test]
fn phones_and_monitors_get_what_they_take() {
    let token = [("token", SECRET)];
    let (head, body) = sent(|host| with(Service::Gotify, format!("http://{host}/sub/"), &token), &message());
    assert!(head.starts_with("POST /sub/message HTTP"), "{head}");
    assert_eq!(header_of(&head, "x-gotify-key"), Some(SECRET));
    assert_eq!(
        body,
        json!({"title": "apply-nixos: 1 failed", "message": "rydev failed in build", "priority": 8})
    );

    let user = |host: std::net::SocketAddr| {
        with(Service::Pushover, "user-key", &[("token", SECRET), ("server", &format!("http://{host}"))])
    };
    let (head, body) = sent(user, &long());
    assert!(head.starts_with("POST /1/messages.json HTTP"), "{head}");
    assert_eq!(
        (&body["token"], &body["user"], &body["priority"]),
        (&json!(SECRET), &json!("user-key"), &json!(1))
    );
    assert_eq!(body["message"].as_str().unwrap().chars().count(), 1_024);
    assert_eq!(body["title"].as_str().unwrap().chars().count(), 250);

    let check = |host| to(Service::Healthchecks, format!("http://{host}/ping/uuid"));
    let (head, body) = sent(check, &message());
    assert!(head.starts_with("POST /ping/uuid/fail HTTP"), "{head}");
    assert_eq!(body, "apply-nixos: 1 failed\nrydev failed in build");
    let calm = Message { urgent: false, ..message() };
    assert!(sent(check, &calm).0.starts_with("POST /ping/uuid HTTP"));

    let tag = [("tag", "ops")];
    let (head, body) =
        sent(|host| with(Service::Apprise, format!("http://{host}/notify/key"), &tag), &message());
    assert!(head.starts_with("POST /notify/key HTTP"), "{head}");
    assert_eq!(
        (&body["type"], &body["tag"], &body["body"]),
        (&json!("failure"), &json!("ops"), &json!("rydev failed in build"))
    );

    let (head, _) = sent(|host| with(Service::Ntfy, format!("http://{host}/t"), &token), &message());
    assert_eq!(header_of(&head, "authorization"), Some(&*format!("Bearer {SECRET}")));
}

#[test]
fn a_webhook_with_a_secret_is_signed() {
    let (host, thread) = server(vec![answer(OK)]);
    let channel = with(Service::Webhook, format!("http://{host}/"), &[("secret", "Jefe")]);
    send(&notifier(0), &channel, &message()).unwrap();
    let request = thread.join().unwrap().remove(0);
    let body = request.split_once("\r\n\r\n").unwrap().1;
    // By another implementation than the one that signed.
    let digest = std::process::Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", "Jefe"])
        .stdin({
            let (reader, mut writer) = std::io::pipe().unwrap();
            writer.write_all(body.as_bytes()).unwrap();
            reader
        })
        .output();
    let Ok(digest) = digest else { return };
    let digest = String::from_utf8(digest.stdout).unwrap();
    let wanted = format!("sha256={}", digest.trim().rsplit(' ').next().unwrap());
    assert_eq!(header_of(&request, "x-fleet-signature"), Some(&*wanted));
}

#[test]
fn a_service_that_is_busy_says_how_long() {
    let busy = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 20\r\n\r\n{\"retry_after\":0.05}";
    let (host, thread) = server(vec![answer(busy), answer(OK)]);
    send(&notifier(1), &to(Service::Discord, format!("http://{host}/")), &message()).unwrap();
    assert_eq!(thread.join().unwrap().len(), 2);

    for long in [
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 35\r\n\r\n{\"parameters\":{\"retry_after\":3600}}",
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 26\r\n\r\n{\"retry_after_ms\":3600000}",
    ] {
        let error = error_of(2, vec![answer(long)]);
        assert_eq!(error.message, "it was answered with 429 Too Many Requests, to be tried again in 3600 s");
    }
    let endless: Answer = Box::new(|stream| {
        stream.write_all(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 1073741824\r\n\r\n").unwrap();
        while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
    });
    assert_eq!(error_of(0, vec![endless]).message, "it was answered with 429 Too Many Requests");
}

#[test]
fn a_redirect_to_a_file_leads_nowhere() {
    let redirect = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(error_of(2, vec![answer(redirect)]).message, "it was answered with 302 Found");
}

#[test]
fn values_come_from_files_variables_and_commands() {
    let dir = tempfile::tempdir().unwrap();
    let secret = |address: Source, token: Source| {
        let (host, thread) = server(vec![answer(OK)]);
        std::fs::write(dir.path().join("url"), format!("http://{host}\n")).unwrap();
        let mut notifier = notifier(0);
        notifier.dir = dir.path().to_owned();
        let channel = Channel { service: Service::Gotify, address, settings: vec![("token", token)] };
        send(&notifier, &channel, &message()).unwrap();
        header_of(&thread.join().unwrap()[0], "x-gotify-key").unwrap().to_owned()
    };
    let url = || Source::File("url".to_owned());
    std::fs::write(dir.path().join("token"), "from-file\r\n").unwrap();
    assert_eq!(secret(url(), Source::File("token".to_owned())), "from-file");
    assert_eq!(secret(url(), Source::Command("echo from-$((1 + 1)); echo noise >&2".to_owned())), "from-2");
    let home = std::env::var("PATH").unwrap();
    assert_eq!(secret(Source::Command("cat url".to_owned()), Source::Env("PATH".to_owned())), home);
}

#[test]
fn a_value_that_is_not_there_is_told_without_saying_where() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("empty"), "\n").unwrap();
    std::fs::write(dir.path().join("binary"), b"\xff\xfe").unwrap();
    std::fs::write(dir.path().join("large"), "x".repeat(100_000)).unwrap();
    let mut notifier = notifier(0);
    notifier.dir = dir.path().to_owned();
    notifier.command_timeout = Duration::from_millis(200);
    for (source, wanted) in [
        (
            Source::File(SECRET.to_owned()),
            "the file of `token` cannot be read: No such file or directory (os error 2)",
        ),
        (Source::File("empty".to_owned()), "`token` is empty"),
        (Source::File("binary".to_owned()), "`token` is no text"),
        (Source::File("large".to_owned()), "`token` is longer than 64 KiB"),
        (Source::Env(SECRET.to_owned()), "the variable of `token` is not set"),
        (Source::Command(format!("echo {SECRET}; exit 3")), "the command of `token` exited with 3"),
        (Source::Command("sleep 60".to_owned()), "the command of `token` took too long"),
        (Source::Text("  ".to_owned()), "`token` is empty"),
    ] {
        let channel = Channel {
            service: Service::Gotify,
            address: Source::Text("http://127.0.0.1:1".to_owned()),
            settings: vec![("token", source)],
        };
        let error = send(&notifier, &channel, &message()).unwrap_err();
        assert_eq!(error.to_string(), wanted);
    }
}

/// A mail server that answers each line, and gives what it was told.
fn mail_server(
    answers: &'static [(&'static str, &'static str)],
) -> (std::net::SocketAddr, JoinHandle<String>) {
    use std::io::{BufRead as _, BufReader};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let mut told = String::new();
        stream.write_all(b"220 mail.example.org\r\n").unwrap();
        let mut in_data = false;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap_or(0) == 0 {
                return told;
            }
            told.push_str(&line);
            if in_data && line != ".\r\n" {
                continue;
            }
            let word = if in_data { "." } else { line.trim_end().split([' ', ':']).next().unwrap() };
            in_data = word == "DATA";
            let usual = match word {
                "EHLO" => "250-mail.example.org\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
                "AUTH" => "235 ok",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            let answer = answers.iter().find(|(known, _)| *known == word).map_or(usual, |(_, answer)| answer);
            let _ = stream.write_all(format!("{answer}\r\n").as_bytes());
        }
    });
    (address, thread)
}

fn mail(host: std::net::SocketAddr) -> Channel {
    let server = format!("smtp+plain://{host}");
    let settings = [
        ("server", &*server),
        ("from", "Fleet <fleet@example.org>"),
        ("user", "fleet"),
        ("password", SECRET),
    ];
    with(Service::Email, "ops@example.org, Ryan <ryan@example.org>", &settings)
}

#[test]
fn a_mail_server_gets_a_mail() {
    let (host, thread) = mail_server(&[]);
    let text = Message {
        title: "grün: 1 failed".to_owned(),
        text: "first\n.\nBcc: nobody@example.org\nlast ü".to_owned(),
        ..message()
    };
    send(&notifier(0), &mail(host), &text).unwrap();
    let told = thread.join().unwrap();
    for line in [
        "MAIL FROM:<fleet@example.org>",
        "RCPT TO:<ops@example.org>",
        "RCPT TO:<ryan@example.org>",
        "From: Fleet <fleet@example.org>",
        "Subject: =?utf-8?b?Z3LDvG46?= 1 failed",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(told.lines().any(|told| told.starts_with(line)), "no {line:?} in\n{told}");
    }
    let login = BASE64_STANDARD.encode(format!("\0fleet\0{SECRET}"));
    assert!(told.contains(&format!("AUTH PLAIN {login}")), "{told}");
    assert!(!told.split("\r\n\r\n").next().unwrap().contains("nobody@"), "{told}");
    assert!(told.trim_end().ends_with("QUIT") || told.contains("\r\n.\r\n"), "{told}");
}

#[test]
fn what_a_mail_server_refuses_is_told_by_its_number() {
    let error = |answers, pauses| {
        let (host, thread) = mail_server(answers);
        let error = send(&notifier(pauses), &mail(host), &message()).unwrap_err();
        thread.join().unwrap();
        assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
        error
    };
    let wrong = error(&[("AUTH", "535 5.7.8 tk-very-secret is wrong")], 2);
    assert_eq!(wrong.to_string(), "the mail server answered 535\n  help: check `user` and `password`");
    assert_eq!(error(&[("RCPT", "550 no such user")], 2).message, "the mail server answered 550");
    assert_eq!(error(&[(".", "552 too much")], 2).message, "the mail server answered 552");
    assert_eq!(error(&[("MAIL", "451 later")], 0).message, "the mail server answered 451");
    assert_eq!(error(&[("EHLO", "what?")], 0).message, "what answered is no mail server");
}

#[test]
fn a_mail_needs_a_server_that_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut impatient = notifier(0);
    impatient.email_timeout = Duration::from_millis(200);
    // It takes the connection and says nothing.
    let error = send(&impatient, &mail(address), &message()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
    drop(listener);
    let error = send(&notifier(1), &mail(address), &message()).unwrap_err();
    assert_eq!(error.message, "there is no connection to the mail server (tried 2 times)");

    let settings = |server: &str, from: &str| {
        let channel = with(Service::Email, "ops@example.org", &[("server", server), ("from", from)]);
        send(&notifier(0), &channel, &message()).unwrap_err().message
    };
    for server in ["mail.example.org", "http://x", "smtp://", "smtps://u:p@h", "smtp://h:99999", "smtp://h/x"]
    {
        assert_eq!(settings(server, "a@example.org"), "`server` is no address of a mail server", "{server}");
    }
    assert_eq!(settings("smtp+plain://localhost:1", "nobody"), "`from` is no address");
    let error = send(
        &notifier(0),
        &with(Service::Email, "a@b, ,", &[("server", "x"), ("from", "a@b.org")]),
        &message(),
    );
    assert_eq!(error.unwrap_err().message, "`email` is no list of addresses");
}
