//! Tries health checks: a unit, a URL, a port, a command.

use super::{Native, probe};
use crate::driver::fetch::tls::system;
use crate::driver::ssh::{Connection, Destination, Script};
use crate::driver::tool::{Broken, Limits, Tool};
use crate::driver::{DriverError, ErrorKind, HealthOutcome, Io};
use crate::model::{Health, HealthKind, Host};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::{Duration, Instant};
use ureq::tls::{RootCerts, TlsConfig};

/// Longest time for one try.
const TRY: Duration = Duration::from_secs(10);

impl Native {
    /// The texts of the check must be rendered already.
    pub(super) fn check_health(
        &self,
        host: &Host,
        health: &Health,
        io: Io<'_>,
    ) -> Result<HealthOutcome, DriverError> {
        let longest = health.deadline.min(TRY);
        match &health.kind {
            HealthKind::Unit(unit) => {
                if unit.raw().starts_with('-') {
                    let message = format!("`{}` is not a unit", unit.raw().escape_debug());
                    return Err(DriverError::new(ErrorKind::Refusal, message));
                }
                let body = "say active \"$(systemctl is-active \"$UNIT\" 2>&1)\"\nsay end 1";
                let script = Script::new(body).variable("UNIT", unit.raw());
                let limits = Limits { deadline: Some(Instant::now() + longest), ..Limits::new(io.cancel) };
                let answer = self.ssh.run(&Destination::of(host)?, Connection::Shared, &script, limits, io);
                probe::complete(host, &answer)?;
                Ok(match answer.value("active") {
                    Some("active") => HealthOutcome::Healthy,
                    state => {
                        let state = state.unwrap_or("unknown");
                        HealthOutcome::Unhealthy(format!("{} is {state}", unit.raw()))
                    }
                })
            }
            HealthKind::Http(url) => Ok(http(url.raw(), longest)),
            HealthKind::Tcp(address) => Ok(tcp(address.raw(), longest)),
            HealthKind::Command { script, on_host: true } => {
                let body = "sh -c \"$COMMAND\" </dev/null\nsay code $?\nsay end 1";
                let script = Script::new(body).variable("COMMAND", script.raw());
                let limits =
                    Limits { deadline: Some(Instant::now() + health.deadline), ..Limits::new(io.cancel) };
                let answer = self.ssh.run(&Destination::of(host)?, Connection::Shared, &script, limits, io);
                probe::complete(host, &answer)?;
                Ok(exited(answer.value("code").unwrap_or("without a code")))
            }
            HealthKind::Command { script, on_host: false } => {
                let shell = which::which("bash").or_else(|_| which::which("sh"));
                let shell = shell.unwrap_or_else(|_| Path::new("/bin/sh").to_owned());
                let mut tool = Tool::new(&shell).args(["-c", script.raw()]);
                if let Some(path) = self.commands.path() {
                    tool = tool.env("PATH", path);
                }
                let limits =
                    Limits { deadline: Some(Instant::now() + health.deadline), ..Limits::new(io.cancel) };
                match tool.lines(limits, &mut |stream, line| io.output.line(stream, line)) {
                    Ok(ended) => Ok(exited(&ended.code.to_string())),
                    Err(Broken::TimedOut) => {
                        Ok(HealthOutcome::Unhealthy("the command takes too long".to_owned()))
                    }
                    Err(Broken::Cancelled) => Err(DriverError::new(ErrorKind::Cancelled, "stopped")),
                    Err(Broken::Start(error)) => Err(DriverError::new(
                        ErrorKind::Other,
                        format!("the command could not be started: {error}"),
                    )),
                }
            }
        }
    }
}

fn exited(code: &str) -> HealthOutcome {
    match code {
        "0" => HealthOutcome::Healthy,
        code => HealthOutcome::Unhealthy(format!("the command exited with {code}")),
    }
}

fn http(url: &str, longest: Duration) -> HealthOutcome {
    let roots = if url.starts_with("https:") { system() } else { RootCerts::WebPki };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .timeout_global(Some(longest))
        .http_status_as_error(false)
        // A redirection is an answer; where it leads is not asked.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into();
    match agent.get(url).call() {
        Ok(answer) if answer.status().is_success() || answer.status().is_redirection() => {
            HealthOutcome::Healthy
        }
        Ok(answer) => HealthOutcome::Unhealthy(format!("{url} answers {}", answer.status())),
        Err(error) => HealthOutcome::Unhealthy(format!("{url} does not answer: {error}")),
    }
}

fn tcp(address: &str, longest: Duration) -> HealthOutcome {
    let addresses = match address.to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(error) => {
            return HealthOutcome::Unhealthy(format!("{address} is no HOST:PORT that resolves: {error}"));
        }
    };
    let mut last = format!("{address} has no address");
    let until = Instant::now() + longest;
    for candidate in addresses {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&candidate, left) {
            Ok(_) => return HealthOutcome::Healthy,
            Err(error) => last = format!("{address} takes no connection: {error}"),
        }
    }
    HealthOutcome::Unhealthy(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn serve(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            stream.write_all(answer.as_bytes()).unwrap();
        });
        format!("http://{address}/healthz")
    }

    #[test]
    fn a_url_is_healthy_when_it_answers_2xx_or_3xx() {
        let ok = serve("HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(http(&ok, TRY), HealthOutcome::Healthy);
        let elsewhere =
            serve("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(http(&elsewhere, TRY), HealthOutcome::Healthy);
        let broken = serve("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        assert!(matches!(http(&broken, TRY), HealthOutcome::Unhealthy(why) if why.contains("503")));
    }

    #[test]
    fn a_port_is_healthy_when_it_takes_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert_eq!(tcp(&address, TRY), HealthOutcome::Healthy);
        drop(listener);
        assert!(matches!(tcp(&address, TRY), HealthOutcome::Unhealthy(_)));
        assert!(matches!(tcp("no port", TRY), HealthOutcome::Unhealthy(_)));
    }
}
