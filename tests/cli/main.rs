//! `fleet` as people meet it: what was typed, what came back, the exit code.

#![cfg(test)]

mod bad_file;
mod bad_request;
mod beside;
mod calls;
mod check;
mod command;
mod completion;
mod explain;
mod failure;
mod fixture;
mod init;
mod inspection;
mod mail;
mod needed;
mod notify;
mod pipeline;
mod policy;
mod query;
mod refusal;
mod resume;
mod rollback;
mod state;
mod stream;
