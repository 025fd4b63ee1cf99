//! Over HTTP.

use crate::directory::Directory;
use crate::server::{Answer, Server, taskfile};
use sha2::{Digest as _, Sha256};

const HI: &str = "tasks: {default: {silent: true, cmd: echo hi}}";

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

const QUESTION: &str =
    "\n--- Make sure you trust the source of this Taskfile before continuing ---\nContinue? [assuming yes]\n";

#[test]
fn a_remote_root_runs_where_it_is_called() {
    let server = Server::of(
        "tasks: {default: {silent: true, cmd: 'echo \"{{.ROOT_DIR}}|{{.TASKFILE_DIR}}|{{.TASK_DIR}}|{{.ROOT_TASKFILE}}\"; pwd'}}",
    );
    let (here, url) = (Directory::new(), server.url("/Taskfile.yml"));
    let ended = here.task(&["-t", &url, "--insecure", "-y"]);
    let first =
        format!("The task you are attempting to run depends on the remote Taskfile at {url:?}.{QUESTION}");
    assert_eq!(ended.stdout, format!("{first}||DIR|{url}\nDIR\n"), "{}", ended.stderr);
    assert_eq!((ended.code, &*ended.stderr), (0, ""));
    assert_eq!(server.requests(), ["GET /Taskfile.yml", "HEAD /Taskfile.yml"]);
}

#[test]
fn what_was_fetched_is_kept_as_by_go_task() {
    let server = Server::new([("/dir/Taskfile.yml", taskfile(HI))]);
    let (here, url) = (Directory::new(), server.url("/dir/Taskfile.yml"));
    assert_eq!(here.task(&["-t", &url, "--insecure", "-y"]).code, 0);
    let stem = format!("http.{}.dir.Taskfile.yml.{}", server.host(), digest(&url));
    assert_eq!(here.kept(), ["checksum", "timestamp", "yaml"].map(|suffix| format!("{stem}.{suffix}")));
    let read = |suffix: &str| {
        std::fs::read_to_string(here.path().join(format!(".task/remote/{stem}.{suffix}"))).unwrap()
    };
    let text = format!("version: '3'\n{HI}");
    assert_eq!((read("yaml"), read("checksum")), (text.clone(), digest(&text)));
    let timestamp = read("timestamp");
    assert!(timestamp.len() == 20 && timestamp.ends_with('Z'), "{timestamp}");
}

#[test]
fn plain_http_has_to_be_accepted() {
    let server = Server::of(HI);
    let here = Directory::new();
    let ended =
        here.task(&["-t", &server.url("/Taskfile.yml").replace("http://", "http://me:secret@"), "-y"]);
    let shown = server.url("/Taskfile.yml").replace("http://", "http://me:xxxxx@");
    let text = format!(
        "task: Taskfile {shown:?} cannot be downloaded over an insecure connection. You can override this by using the --insecure flag\n"
    );
    assert_eq!((ended.code, ended.stderr), (105, text));
    assert!(server.requests().is_empty());
}

#[test]
fn nobody_is_trusted_without_a_terminal() {
    let server = Server::of(HI);
    let (here, url) = (Directory::new(), server.url("/Taskfile.yml"));
    let ended = here.task(&["-t", &url, "--insecure"]);
    assert_eq!(
        (ended.code, ended.stdout, ended.stderr),
        (104, String::new(), format!("task: Taskfile {url:?} not trusted by user\n"))
    );
    assert!(here.kept().is_empty());
}

#[test]
fn a_file_that_has_changed_is_asked_for_again() {
    let server = Server::of(HI);
    let (here, url) = (Directory::new(), server.url("/Taskfile.yml"));
    assert_eq!(here.task(&["-t", &url, "--insecure", "-y"]).code, 0);
    assert_eq!(here.task(&["-t", &url, "--insecure"]).stdout, "hi\n");
    server.set("/Taskfile.yml", taskfile("tasks: {default: {silent: true, cmd: echo changed}}"));
    assert_eq!(here.task(&["-t", &url, "--insecure"]).code, 104);
    let ended = here.task(&["-t", &url, "--insecure", "-y"]);
    assert_eq!(
        ended.stdout,
        format!("The Taskfile at {url:?} has changed since you last used it!{QUESTION}changed\n")
    );
    assert_eq!(here.task(&["-t", &url, "--insecure"]).stdout, "changed\n");
}

#[test]
fn a_trusted_host_needs_no_question() {
    let server = Server::of(HI);
    let url = server.url("/Taskfile.yml");
    let trusting = |hosts: &str| Directory::new().task(&["-t", &url, "--insecure", "--trusted-hosts", hosts]);
    assert_eq!(trusting(&format!("example.org,{}", server.host())).stdout, "hi\n");
    assert_eq!(trusting("127.0.0.1").code, 104);
    let mut here = Directory::new();
    here.set("TASK_REMOTE_INSECURE", "1");
    here.set("TASK_REMOTE_TRUSTED_HOSTS", &server.host());
    assert_eq!(here.task(&["-t", &url]).stdout, "hi\n");
}

#[test]
fn a_pinned_file_needs_no_question_and_no_other_is_taken() {
    let server = Server::of(HI);
    let url = server.url("/Taskfile.yml");
    let include = |checksum: &str| {
        Directory::with(&format!("includes: {{a: {{taskfile: '{url}', checksum: {checksum}}}}}"))
    };
    let pinned = include(&digest(&format!("version: '3'\n{HI}")));
    assert_eq!(pinned.task(&["a", "--insecure"]).stdout, "hi\n");
    let other = include("abc");
    let ended = other.task(&["a", "--insecure", "-y"]);
    assert_eq!(ended.code, 111);
    assert!(
        ended.stderr.starts_with(&format!("task: The checksum of the Taskfile at {url:?} does not match!\n")),
        "{}",
        ended.stderr
    );
    assert!(other.kept().is_empty());
}

#[test]
fn includes_are_relative_to_the_url() {
    let where_am_i = "tasks: {x: {silent: true, cmd: 'echo \"{{.TASKFILE}}|{{.TASK_DIR}}\"'}}";
    let server = Server::new([
        ("/a/Taskfile.yml", taskfile("includes: {b: ../b.yml, c: {taskfile: c, dir: in}, d: /d.yml}")),
        ("/b.yml", taskfile(where_am_i)),
        ("/a/c/taskfile.yaml", taskfile(where_am_i)),
        ("/d.yml", taskfile(where_am_i)),
    ]);
    let here = Directory::new();
    let ended = here.task(&[
        "-t",
        &server.url("/a/"),
        "--insecure",
        "--trusted-hosts",
        &server.host(),
        "b:x",
        "c:x",
        "d:x",
    ]);
    let [b, c, d] = ["/b.yml|DIR", "/a/c|DIR/in", "/d.yml|DIR"].map(|rest| server.url(rest));
    assert_eq!(ended.stdout, format!("{b}\n{c}\n{d}\n"), "{}", ended.stderr);
}

#[test]
fn an_address_without_a_taskfile_is_told_from_one_that_fails() {
    let server = Server::new([
        ("/page", Answer::Typed("text/html", "<html>".to_owned())),
        ("/gone", Answer::HeadOnly(404)),
        ("/broken", Answer::HeadOnly(500)),
        ("/noise", Answer::Noise),
        ("/close", Answer::Close),
        ("/loop", Answer::Redirect("/loop".to_owned())),
        ("/short", Answer::Short("version: '3'\n".to_owned())),
        ("/endless", Answer::Endless),
    ]);
    let here = Directory::new();
    for (path, code, text) in [
        ("/absent", 100, "task: No Taskfile found at URL"),
        ("/page", 100, "task: No Taskfile found at URL"),
        ("/gone", 103, "task: Download of URL failed with status code 404 (Not Found)"),
        ("/broken", 103, "task: Download of URL failed with status code 500 (Internal Server Error)"),
        ("/noise", 103, "task: Download of URL failed"),
        ("/close", 103, "task: Download of URL failed"),
        ("/loop", 103, "task: Download of URL failed"),
        ("/short", 1, "unexpected EOF"),
        ("/endless", 103, "task: Download of URL failed"),
    ] {
        let url = server.url(path);
        let ended = here.task(&["-t", &url, "--insecure", "-y"]);
        let expected = format!("{}\n", text.replace("URL", &format!("{url:?}")));
        assert_eq!((ended.code, &*ended.stderr), (code, &*expected), "{path}");
    }
    assert!(here.kept().is_empty());
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let server = Server::of(HI);
    let (here, url) = (Directory::new(), server.url("/Taskfile.yml"));
    server.set("/Taskfile.yml", Answer::Silence);
    let call = ["-t", &url, "--insecure", "-y", "--timeout", "300ms"];
    let text = format!(
        "task: Network connection timed out after 300ms while attempting to download Taskfile {url:?}\n"
    );
    let ended = here.task(&call);
    assert_eq!((ended.code, ended.stderr), (108, text));
    // What is kept stands in.
    server.set("/Taskfile.yml", taskfile(HI));
    assert_eq!(here.task(&["-t", &url, "--insecure", "-y"]).code, 0);
    server.set("/Taskfile.yml", Answer::Silence);
    let ended = here.task(&call);
    assert_eq!((ended.code, &*ended.stdout), (0, "hi\n"), "{}", ended.stderr);
}

#[test]
fn redirects_are_followed() {
    let server = Server::of(HI);
    let elsewhere = Server::new([("/there", Answer::Redirect(server.url("/Taskfile.yml")))]);
    let ended = Directory::new().task(&[
        "-t",
        &elsewhere.url("/there"),
        "--insecure",
        "--trusted-hosts",
        &elsewhere.host(),
    ]);
    assert_eq!(ended.stdout, "hi\n", "{}", ended.stderr);
}

#[test]
fn passwords_go_to_their_host_only_and_are_not_shown() {
    let server = Server::of(HI);
    let elsewhere = Server::new([(
        "/there",
        Answer::Redirect(server.url("/Taskfile.yml").replace("127.0.0.1", "localhost")),
    )]);
    let url = elsewhere.url("/there").replace("http://", "http://me:s%3Aecret@");
    let here = Directory::new();
    let ended = here.task(&["-t", &url, "--insecure", "-y", "-v"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("http://me:xxxxx@"), "{}", ended.stdout);
    assert!(!format!("{ended:?}{:?}", here.kept()).contains("ecret"), "{ended:?}");
    assert_eq!(
        elsewhere.requests(),
        ["GET /there Basic bWU6czplY3JldA==", "HEAD /there Basic bWU6czplY3JldA=="]
    );
    assert_eq!(server.requests(), ["GET /Taskfile.yml", "HEAD /Taskfile.yml"]);
}

#[test]
fn the_cache_is_used_as_long_as_it_is_good() {
    let server = Server::of(HI);
    let (here, url) = (Directory::new(), server.url("/Taskfile.yml"));
    let requests = |more: &[&str]| {
        let ended = here.task(&[&["-t", &url, "--insecure"], more].concat());
        (ended.code, server.requests().len())
    };
    assert_eq!(requests(&["--offline"]), (106, 0));
    assert_eq!(requests(&["-y", "--expiry", "1h"]), (0, 2));
    assert_eq!(requests(&["--expiry", "1h"]), (0, 0));
    assert_eq!(requests(&["--expiry", "1h", "--download"]), (0, 2));
    assert_eq!(requests(&[]), (0, 2));
    assert_eq!(requests(&["--offline"]), (0, 0));
    let timestamp = here.kept().into_iter().find(|name| name.ends_with("timestamp")).unwrap();
    here.write(&format!(".task/remote/{timestamp}"), "garbage");
    assert_eq!(requests(&["--expiry", "1h"]), (0, 2));
    assert_eq!(requests(&["--clear-cache"]), (0, 2));
    assert!(here.kept().is_empty());
}

#[test]
fn verbose_says_what_is_done() {
    let server = Server::of(HI);
    let (here, url) = (Directory::new(), server.url("/Taskfile.yml"));
    let ended = here.task(&["-t", &url, "--insecure", "--trusted-hosts", &server.host(), "-v"]);
    let kept = format!(".task/remote/http.{}.Taskfile.yml.{}.yaml", server.host(), digest(&url));
    let notes = [
        format!("checking cache for {url:?} in {kept:?}"),
        "no cache found".to_owned(),
        format!("downloading remote file: {url}"),
        format!("found remote file at {url:?}"),
        format!("caching {url:?} to {kept:?}"),
        "hi".to_owned(),
    ];
    assert_eq!(ended.stdout, format!("{}\n", notes.join("\n")));
}

#[test]
fn a_cache_that_cannot_be_written_is_an_error() {
    let server = Server::of(HI);
    let here = Directory::new();
    here.write(".task", "a file");
    let ended = here.task(&["-t", &server.url("/Taskfile.yml"), "--insecure", "-y"]);
    assert_eq!((ended.code, &*ended.stderr), (1, "mkdir .task/remote: not a directory\n"));
}

#[test]
fn an_optional_include_is_excused_only_before_it_is_read() {
    let server = Server::of(HI);
    let include = |path: &str| {
        Directory::with(&format!(
            "includes: {{a: {{taskfile: '{}', optional: true}}}}\ntasks: {{default: {{silent: true, cmd: echo own}}}}",
            server.url(path)
        ))
    };
    assert_eq!(include("/Taskfile.yml").task(&[]).stdout, "own\n");
    assert_eq!(include("/absent").task(&["--insecure"]).code, 100);
}

#[test]
fn certificates_have_to_be_there() {
    let here = Directory::new();
    here.write("junk.pem", "junk");
    let call = |more: &[&str]| {
        let ended = here.task(&[&["-t", "https://127.0.0.1:1/Taskfile.yml"], more].concat());
        (ended.code, ended.stderr)
    };
    let absent = "failed to read CA certificate: open no.pem: no such file or directory\n";
    assert_eq!(call(&["--cacert", "no.pem"]), (1, absent.to_owned()));
    assert_eq!(call(&["--cacert", "junk.pem"]), (1, "failed to parse CA certificate\n".to_owned()));
    let junk = "failed to load client certificate: tls: failed to find any PEM data in certificate input\n";
    assert_eq!(call(&["--cert", "junk.pem", "--cert-key", "junk.pem"]), (1, junk.to_owned()));
}

#[test]
fn fleet_shows_the_include_that_fails() {
    let server = Server::of(HI);
    let here = Directory::with(&format!("includes: {{a: '{}'}}", server.url("/Taskfile.yml")));
    let ended = here.call(&["list"]);
    assert_eq!(ended.code, 105);
    for part in ["would be read over plain HTTP", "Taskfile.yml:2:15", "this is on the network", "--insecure"]
    {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
}
