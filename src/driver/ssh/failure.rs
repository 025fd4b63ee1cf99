//! What ssh means by what it says. Knows OpenSSH's texts (`ssh.c`, `sshconnect.c`, `packet.c`, `clientloop.c` of
//! OpenSSH 7 to 10) and no command that ran over it.

use crate::driver::{DriverError, ErrorKind};

/// Texts in OpenSSH's messages and what they mean, the more telling first. `HostKey` goes before the generic line that
/// ends every host key failure.
const TEXTS: &[(&str, ErrorKind)] = &[
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", ErrorKind::HostKey),
    ("Host key verification failed", ErrorKind::HostKey),
    ("host key is known for", ErrorKind::HostKey),
    ("Could not resolve hostname", ErrorKind::NameResolution),
    ("Connection refused", ErrorKind::Refused),
    ("No route to host", ErrorKind::NoAnswer),
    ("Network is unreachable", ErrorKind::NoAnswer),
    ("Host is down", ErrorKind::NoAnswer),
    ("Connection timed out", ErrorKind::NoAnswer),
    ("Operation timed out", ErrorKind::NoAnswer),
    ("Permission denied (", ErrorKind::Authentication),
    ("Permission denied, please try again", ErrorKind::Authentication),
    ("Too many authentication failures", ErrorKind::Authentication),
    ("no mutual signature algorithm", ErrorKind::Authentication),
    ("kex_exchange_identification", ErrorKind::Refused),
    ("not responding", ErrorKind::ConnectionLost),
    ("Broken pipe", ErrorKind::ConnectionLost),
    ("Connection reset", ErrorKind::ConnectionLost),
    ("closed by remote host", ErrorKind::ConnectionLost),
    ("Connection closed", ErrorKind::ConnectionLost),
    ("mux_client", ErrorKind::ConnectionLost),
    ("Control socket connect", ErrorKind::ConnectionLost),
];

/// What nix says of connections that are not ssh's: those of its daemon over there, and those to caches.
const OTHERS: &[&str] = &["remote store 'daemon'", "cannot connect to socket at", "unable to download"];

/// What ssh says when it does not even try, by its own configuration (OpenSSH `readconf.c`, `ssh.c`).
const MISUSED: &[&str] = &[
    "bad configuration option",
    "Bad owner or permissions on",
    "Can't open user config file",
    "Cannot execute command-line",
];

/// The class of what ssh said, if it is about the connection at all.
pub(crate) fn classify(said: &[String]) -> Option<ErrorKind> {
    let own = |line: &&String| !OTHERS.iter().any(|text| line.contains(text));
    TEXTS
        .iter()
        .find(|(text, _)| said.iter().filter(own).any(|line| line.contains(text)))
        .map(|(_, kind)| *kind)
}

/// The error for a connection that ended with ssh's own 255. `answered` tells whether the other side had begun to
/// answer: then a silent end is a lost connection, else a missing one (with `LogLevel ERROR` ssh says nothing).
pub(crate) fn explain(address: &str, said: Vec<String>, answered: bool) -> DriverError {
    if said.iter().any(|line| MISUSED.iter().any(|text| line.contains(text))) {
        return DriverError::new(
            ErrorKind::Other,
            format!("ssh does not run as it is configured for {address}"),
        )
        .said(said)
        .help(format!("it ended before any connection: mend its configuration (ssh -G {address})"));
    }
    let silent = if answered { ErrorKind::ConnectionLost } else { ErrorKind::NoAnswer };
    let kind = classify(&said).unwrap_or(silent);
    let changed = said.iter().any(|line| line.contains("HAS CHANGED"));
    let (message, help) = match kind {
        ErrorKind::NameResolution => {
            (format!("`{address}` does not resolve"), "check `address` of the host, or DNS".to_owned())
        }
        ErrorKind::Refused => (
            format!("{address} refuses ssh connections"),
            "check that sshd runs there and that `port` is right".to_owned(),
        ),
        ErrorKind::HostKey if changed => (
            format!("the host key of {address} is not the known one"),
            format!(
                "somebody may be in the middle; when the host was installed anew: ssh-keygen -R {address}, then connect once by hand"
            ),
        ),
        ErrorKind::HostKey => (
            format!("the host key of {address} is not known"),
            format!("connect once by hand to accept it: ssh {address}"),
        ),
        ErrorKind::Authentication => (
            format!("{address} does not let us in"),
            "check `user` of the host, and that your key is loaded (ssh-add -l); nothing is asked for during a run".to_owned(),
        ),
        ErrorKind::ConnectionLost => {
            (format!("the connection to {address} was lost"), "run it again: what is done is not done twice".to_owned())
        }
        _ => (format!("{address} does not answer"), "check that the host is up and reachable".to_owned()),
    };
    DriverError::new(kind, message).said(said).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    /// Recorded from OpenSSH 9.2, 9.9 and, where marked, macOS 14's 9.6.
    #[test]
    fn recorded_texts_are_classified() {
        let changed = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
                       @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
                       @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
                       Host key for 10.77.0.11 has changed and you have requested strict checking.\n\
                       Host key verification failed.";
        let unknown = "No ED25519 host key is known for 10.77.0.11 and you have requested strict checking.\n\
                       Host key verification failed.";
        let cases = [
            (
                "ssh: Could not resolve hostname nosuch.invalid: Temporary failure in name resolution",
                ErrorKind::NameResolution,
            ),
            ("ssh: Could not resolve hostname nosuch: Name or service not known", ErrorKind::NameResolution),
            // macOS
            (
                "ssh: Could not resolve hostname nosuch: nodename nor servname provided, or not known",
                ErrorKind::NameResolution,
            ),
            ("ssh: connect to host 10.77.0.11 port 22: Connection refused", ErrorKind::Refused),
            ("kex_exchange_identification: Connection closed by remote host", ErrorKind::Refused),
            ("ssh: connect to host 10.77.0.11 port 22: Connection timed out", ErrorKind::NoAnswer),
            // macOS
            ("ssh: connect to host 10.77.0.11 port 22: Operation timed out", ErrorKind::NoAnswer),
            ("ssh: connect to host 10.77.0.11 port 22: No route to host", ErrorKind::NoAnswer),
            ("Connection timed out during banner exchange", ErrorKind::NoAnswer),
            ("nobody@10.77.0.11: Permission denied (publickey).", ErrorKind::Authentication),
            (
                "Received disconnect from 10.77.0.11 port 22:2: Too many authentication failures",
                ErrorKind::Authentication,
            ),
            ("Connection to 10.77.0.11 closed by remote host.", ErrorKind::ConnectionLost),
            ("Timeout, server 10.77.0.11 not responding.", ErrorKind::ConnectionLost),
            ("client_loop: send disconnect: Broken pipe", ErrorKind::ConnectionLost),
            ("mux_client_request_session: read from master failed: Broken pipe", ErrorKind::ConnectionLost),
            (changed, ErrorKind::HostKey),
            (unknown, ErrorKind::HostKey),
        ];
        for (text, kind) in cases {
            assert_eq!(explain("luna", lines(text), false).kind, kind, "{text}");
        }
    }

    #[test]
    fn a_configuration_that_ssh_does_not_take_says_nothing_of_the_host() {
        for text in [
            "/home/ryan/.ssh/config: terminating, 1 bad configuration options",
            "Bad owner or permissions on /home/ryan/.ssh/config",
            "Can't open user config file /nowhere: No such file or directory",
        ] {
            let error = explain("luna", lines(text), false);
            assert_eq!(error.kind, ErrorKind::Other, "{text}");
            assert!(error.help.unwrap().contains("ssh -G luna"));
        }
    }

    #[test]
    fn a_changed_key_and_an_unknown_one_get_different_advice() {
        let changed = explain("luna", lines("WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!"), false);
        let unknown = explain("luna", lines("Host key verification failed."), false);
        assert!(changed.help.unwrap().contains("ssh-keygen -R luna"));
        assert!(unknown.help.unwrap().contains("accept"));
    }

    #[test]
    fn silence_depends_on_whether_it_had_answered() {
        assert_eq!(explain("luna", Vec::new(), false).kind, ErrorKind::NoAnswer);
        assert_eq!(explain("luna", Vec::new(), true).kind, ErrorKind::ConnectionLost);
    }

    #[test]
    fn what_a_command_says_is_not_about_the_connection() {
        assert_eq!(classify(&lines("error: build of '/nix/store/x.drv' failed")), None);
        assert_eq!(classify(&lines("rm: cannot remove 'x': Permission denied")), None);
        let daemon = "error: cannot open connection to remote store 'daemon': error: reading from file: Connection reset by peer";
        assert_eq!(classify(&lines(daemon)), None);
        let stopped =
            "error: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused";
        assert_eq!(classify(&lines(stopped)), None);
    }
}
