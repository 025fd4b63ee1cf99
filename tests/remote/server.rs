//! An HTTP server that answers as it is told and remembers what it was asked.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a path is answered with.
#[derive(Clone)]
pub(crate) enum Answer {
    /// This, as plain text.
    Text(String),
    /// This, as a content type.
    Typed(&'static str, String),
    /// A status without anything.
    Status(u16),
    /// This for HEAD, a status for GET.
    HeadOnly(u16),
    /// A redirect.
    Redirect(String),
    /// Nothing at all.
    Silence,
    /// The promise of more than is sent.
    Short(String),
    /// Bytes without end.
    Endless,
    /// A connection that is closed at once.
    Close,
    /// Something that is not HTTP.
    Noise,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    requests: Mutex<Vec<String>>,
}

pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// A server of these paths; everything else is answered with 404.
    pub(crate) fn new<'a>(answers: impl IntoIterator<Item = (&'a str, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), shared: Arc::default() };
        for (path, answer) in answers {
            server.set(path, answer);
        }
        let shared = Arc::clone(&server.shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        server
    }

    /// A server of one Taskfile, at `/Taskfile.yml`.
    pub(crate) fn of(text: &str) -> Self {
        Self::new([("/Taskfile.yml", taskfile(text))])
    }

    pub(crate) fn set(&self, path: &str, answer: Answer) {
        self.shared.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// What was asked since the last time, sorted: includes are fetched side by side.
    pub(crate) fn requests(&self) -> Vec<String> {
        let mut requests = std::mem::take(&mut *self.shared.requests.lock().unwrap());
        requests.sort();
        requests
    }
}

/// A Taskfile as plain text.
pub(crate) fn taskfile(text: &str) -> Answer {
    Answer::Text(format!("version: '3'\n{text}"))
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        let mut credentials = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("authorization")
            {
                credentials = format!(" {}", value.trim());
            }
        }
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        shared.requests.lock().unwrap().push(format!("{method} {path}{credentials}"));
        let answer = shared.answers.lock().unwrap().get(path).cloned();
        if answer_with(&mut stream, &answer.unwrap_or(Answer::Status(404)), method == "HEAD").is_none() {
            return;
        }
    }
}

/// Sends an answer; `None` ends the connection.
fn answer_with(stream: &mut TcpStream, answer: &Answer, is_head: bool) -> Option<()> {
    let head = |status: u16, kind: &str, length: usize, more: &str| {
        format!("HTTP/1.1 {status} Any\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n")
    };
    let (head, body) = match answer {
        Answer::Text(text) => (head(200, "text/plain; charset=utf-8", text.len(), ""), text.as_str()),
        Answer::Typed(kind, text) => (head(200, kind, text.len(), ""), text.as_str()),
        Answer::Status(status) => (head(*status, "text/plain", 0, ""), ""),
        Answer::HeadOnly(_) if is_head => (head(200, "text/plain", 10, ""), ""),
        Answer::HeadOnly(status) => (head(*status, "text/plain", 0, ""), ""),
        Answer::Redirect(to) => (head(302, "text/plain", 0, &format!("Location: {to}\r\n")), ""),
        Answer::Short(text) => (head(200, "text/plain", text.len() + 100, ""), text.as_str()),
        Answer::Endless => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).ok()?;
            let chunk = format!("10000\r\n{}\r\n", "#".repeat(0x10000));
            if is_head {
                return Some(());
            }
            // Ends when the other side has had enough.
            loop {
                stream.write_all(chunk.as_bytes()).ok()?;
            }
        }
        Answer::Silence => {
            // Until the other side has had enough.
            let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
            let _ = stream.read(&mut [0]);
            return None;
        }
        Answer::Close => return None,
        Answer::Noise => ("220 mail.example.net ESMTP\r\n".to_owned(), ""),
    };
    stream.write_all(head.as_bytes()).ok()?;
    if !is_head {
        stream.write_all(body.as_bytes()).ok()?;
    }
    matches!(
        answer,
        Answer::Text(_) | Answer::Typed(..) | Answer::Status(_) | Answer::Redirect(_) | Answer::HeadOnly(_)
    )
    .then_some(())
}
