//! Notifications as a user writes and tries them.

use crate::fixture::Fixture;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// A server that answers each connection with the next of these, and the address of it.
fn server(answers: Vec<&'static str>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = String::new();
            let mut buffer = [0; 4096];
            loop {
                let count = stream.read(&mut buffer).unwrap();
                text.push_str(&String::from_utf8_lossy(&buffer[..count]));
                let length = text.lines().find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned)
                });
                let wanted: usize = length.map_or(0, |length| length.trim().parse().unwrap());
                if count == 0 || text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= wanted) {
                    break;
                }
            }
            requests.push(text);
            let head = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
        }
        requests
    });
    (address, thread)
}

fn pipeline(notify: &str) -> Fixture {
    Fixture::new().file(
        "Fleetfile.yaml",
        format!("version: \"3\"\nfleet: {{}}\npipelines:\n  deploy:\n    check: [reachable]\n    notify:\n{notify}"),
    )
}

#[test]
fn a_test_tells_of_each_notification_whether_it_was_delivered() {
    let (address, thread) = server(vec!["200 OK", "403 Forbidden"]);
    let fixture = pipeline(&format!(
        "      - {{ntfy: '{address}/topic', name: phone}}\n      - {{gotify: {{file: url}}, token: {{env: GOTIFY}}}}\n      \
         - {{command: 'cat >told.json'}}\n"
    ));
    let fixture = fixture.file("url", format!("{address}\n")).env("GOTIFY", "tk-secret");
    let ran = fixture.run(["notify", "test"]).code(7);
    let ran = ran
        .stdout_contains("ntfy phone  delivered\n")
        .stdout_contains("gotify      not delivered: it was answered with 403 Forbidden\n")
        .stdout_contains("command     delivered\n");
    assert!(!(ran.stdout + &ran.stderr).contains("tk-secret"));
    assert!(std::fs::read_to_string(fixture.path("told.json")).unwrap().contains("\"test\":true"));
    let requests = thread.join().unwrap();
    assert!(requests[0].contains("fleet: a test") && requests[1].contains("tk-secret"));

    fixture.run(["notify", "test", "command"]).code(0).stdout_is("command  delivered\n");
    fixture
        .run(["notify", "test", "phome"])
        .code(1)
        .stderr_contains("there is no notification `phome`")
        .stderr_contains("did you mean `phone`?");
    Fixture::fleet().run(["notify", "test"]).code(1).stderr_contains("no pipeline notifies anybody");
}

#[test]
fn services_need_their_settings_and_take_no_others() {
    let fixture = pipeline(
        "      - {matrix: 'https://m.example.org', token: {env: T}}\n      - {ntfy: 'https://n.example.org/t', room: x}\n      \
         - {telegram: 1, token: plain-secret}\n      - {gotify: {}, token: {file: a, env: b}}\n      \
         - {slack: no-url}\n      - {desktop: false}\n      - {ntfi: 'https://x'}\n",
    );
    fixture
        .run(["check"])
        .code(102)
        .stderr_contains("a notification by `matrix` needs `room`")
        .stderr_contains("belongs to other services than `ntfy`")
        .stderr_contains("`token` stands in the file for everybody to read")
        .stderr_contains("a value is either `file` or `env`")
        .stderr_contains("a value does not say what it is")
        .stderr_contains("`no-url` is not a URL")
        .stderr_contains("those who want it")
        .stderr_contains("did you mean `ntfy`?");
    pipeline("      - {ntfy: 'https://n/t', fallback: {slack: 'https://s', when: failed}}\n")
        .run(["check"])
        .code(102)
        .stderr_contains("belongs to the notification that it stands in for");
}

#[test]
fn a_rehearsal_needs_no_secret() {
    let fixture = Fixture::new().file(
        "Fleetfile.yaml",
        "version: \"3\"\nfleet: {hosts: {a: {platform: nixos}}}\npipelines:\n  deploy:\n    deploy: {}\n    notify:\n      \
         - {name: ops, discord: {file: /nowhere}, fallback: {slack: {env: NOWHERE}}}\n",
    );
    fixture
        .run(["run", "deploy", "--rehearse", "--yes"])
        .code(0)
        .stdout_contains("discord ops: rendered, not sent");
}

/// The program that puts messages on the desktop is given each as words of its own.
#[test]
fn the_desktop_is_told_by_notify_send() {
    let fixture = pipeline("      - {desktop: true}\n");
    let shown = "#!/bin/sh\nfor word; do echo \"<$word>\"; done >shown\n";
    let fixture = fixture.program("bin/notify-send", shown);
    let path = format!("{}:{}", fixture.path("bin").display(), std::env::var("PATH").unwrap());
    let fixture = fixture.env("PATH", path);
    fixture.run(["notify", "test"]).code(0).stdout_is("desktop  delivered\n");
    let shown = std::fs::read_to_string(fixture.path("shown")).unwrap();
    let words: Vec<&str> = shown.lines().collect();
    assert_eq!(
        words[..5],
        ["<--app-name=fleet>", "<--urgency>", "<normal>", "<-->", "<fleet: a test>"],
        "{shown}"
    );
    assert!(words[5].len() > 2, "{shown}");

    let fixture = fixture.program("bin/notify-send", "#!/bin/sh\necho no bus >&2; exit 3\n");
    fixture
        .run(["notify", "test"])
        .code(7)
        .stdout_contains("desktop  not delivered: the desktop does not take it (exit code 3)");
    std::fs::remove_file(fixture.path("bin/notify-send")).unwrap();
    let none = fixture.only(&["sh"]).run(["notify", "test"]).code(7);
    none.stdout_contains("`notify-send` is not on PATH").stdout_contains("libnotify-bin");
}
