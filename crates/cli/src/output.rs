//! Where words go: stdout for the result, stderr for the rest, colour only where it is wanted.
//!
//! A reader that goes away (`squall ... | head`) is no error: what is left is not written, and the
//! exit code stays that of the run.

use std::io::{self, ErrorKind, IsTerminal, Write};

use clap::ValueEnum;

use crate::exit;

/// A command that cannot go on: an exit code, and what to say.
#[derive(Debug)]
pub(crate) struct Stop {
    /// One of [`crate::exit`].
    pub(crate) code: u8,
    /// For stderr; printed as it is.
    pub(crate) message: String,
}

impl Stop {
    /// An argument or a file is bad.
    pub(crate) fn bad_input(message: impl std::fmt::Display) -> Self {
        Stop { code: exit::BAD_INPUT, message: format!("error: {message}") }
    }

    /// The machine failed us.
    pub(crate) fn environment(message: impl std::fmt::Display) -> Self {
        Stop { code: exit::ENVIRONMENT, message: format!("error: {message}") }
    }
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// One JSON object per line.
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// If the stream is a terminal; `NO_COLOR`, `CLICOLOR_FORCE` and `TERM=dumb` are heard.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to colour stdout.
    pub(crate) fn on_stdout(self) -> bool {
        self.on(io::stdout().is_terminal())
    }

    /// Whether to colour stderr.
    pub(crate) fn on_stderr(self) -> bool {
        self.on(io::stderr().is_terminal())
    }

    fn on(self, terminal: bool) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR") => false,
            Color::Auto if std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0") => {
                true
            }
            Color::Auto => terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

/// A word at the left edge, right-aligned, in a colour of the terminal's sixteen.
pub(crate) fn label(word: &str, style: Style, color: bool) -> String {
    if color { format!("\x1b[{}m{word:>8}\x1b[0m", style.code()) } else { format!("{word:>8}") }
}

/// What a label stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    /// Something good.
    Good,
    /// Something bad.
    Bad,
    /// Something open.
    Open,
    /// Neither.
    Plain,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Good => "1;32",
            Style::Bad => "1;31",
            Style::Open => "1;33",
            Style::Plain => "1",
        }
    }
}

/// Writes to stdout. A closed pipe is not an error.
///
/// # Errors
///
/// If stdout cannot be written to for another reason, such as a full disk.
pub(crate) fn result(text: &str) -> Result<(), Stop> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Stop::environment(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a line to stderr. Nothing is left to do if that fails.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
