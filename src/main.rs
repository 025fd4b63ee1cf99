//! The binary: hands the command line to [`fleet`] and exits with its code.

fn main() -> std::process::ExitCode {
    fleet::cli::run(&std::env::args_os().collect::<Vec<_>>()).into()
}
