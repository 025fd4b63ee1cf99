//! Keys: what is public of a private one, what an age file says of its recipients, what opens it. Knows no sops.

mod envelope;
mod opener;
mod private;
mod ssh;

pub(crate) use envelope::Envelope;
pub(crate) use opener::opens;
pub(crate) use private::{PrivateKey, PrivateKeys, PrivateKind};
pub(crate) use ssh::{stanza_tag, to_age};
