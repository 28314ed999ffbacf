//! Why a call failed: one line that says what is wrong and what to do.

use std::fmt;

/// A failure, as its user reads it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    /// The user can set it right by typing something else.
    is_users: bool,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), is_users: false }
    }

    /// A mistake in what the user typed.
    pub fn of_user(message: impl Into<String>) -> Self {
        Failure { message: message.into(), is_users: true }
    }

    /// Whether it is a mistake in what the user typed.
    pub fn is_users(&self) -> bool {
        self.is_users
    }

    /// A command line that cannot be read: the first line of what clap says.
    pub fn usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        Failure::of_user(format!("{} (see --help)", first.trim_start_matches("error: ")))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
