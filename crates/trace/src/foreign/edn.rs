//! EDN, as far as histories need it: what stands where, with its line.

use std::fmt;

use super::HistoryProblem;

/// How deep forms may lie within each other.
const DEPTH_MAX: usize = 64;

/// A form. Tags are dropped: `#inst "..."` is its string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `nil`.
    Nil,
    /// A string.
    Text(String),
    /// A keyword, without its colon.
    Keyword(String),
    /// Numbers, booleans, symbols and characters, as they stand.
    Word(String),
    /// A vector, a list or a set.
    List(Vec<Form>),
    /// A map.
    Map(Vec<(Form, Form)>),
}

impl Form {
    /// The value of a keyword in a map.
    pub(super) fn get(&self, key: &str) -> Option<&Form> {
        let Form::Map(pairs) = self else { return None };
        let is_it = |(name, _): &&(Form, Form)| matches!(name, Form::Keyword(name) if name == key);
        pairs.iter().find(is_it).map(|(_, value)| value)
    }

    /// The form as text, cut off where it is long.
    pub(super) fn short(&self) -> String {
        let text = self.to_string();
        match text.char_indices().nth(60) {
            Some((cut, _)) => format!("{}...", &text[..cut]),
            None => text,
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Form::Nil => f.write_str("nil"),
            Form::Text(text) => write!(f, "{text:?}"),
            Form::Keyword(word) => write!(f, ":{word}"),
            Form::Word(word) => f.write_str(word),
            Form::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if place > 0 { " " } else { "" })?;
                }
                f.write_str("]")
            }
            Form::Map(pairs) => {
                f.write_str("{")?;
                for (place, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key} {value}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Reads forms one by one.
pub(super) struct Reader<'a> {
    rest: &'a str,
    line: u64,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Reader { rest: text, line: 1, depth: 0 }
    }

    /// The line at which the reader stands.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    fn wrong<T>(&self, message: impl Into<String>) -> Result<T, HistoryProblem> {
        Err(HistoryProblem::new(self.line, message))
    }

    fn step(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next()?;
        self.rest = chars.as_str();
        self.line += u64::from(next == '\n');
        Some(next)
    }

    /// Passes over what has no meaning, and looks at what comes.
    pub(super) fn peek(&mut self) -> Result<Option<char>, HistoryProblem> {
        loop {
            match self.rest.chars().next() {
                Some(c) if c.is_whitespace() || c == ',' => {
                    self.step();
                }
                Some(';') => while self.step().is_some_and(|c| c != '\n') {},
                Some('#') if self.rest.starts_with("#_") => {
                    self.rest = &self.rest[2..];
                    if self.form()?.is_none() {
                        return self.wrong("`#_` stands before nothing");
                    }
                }
                other => return Ok(other),
            }
        }
    }

    /// Passes over a bracket, if it comes next.
    pub(super) fn passes(&mut self, bracket: char) -> Result<bool, HistoryProblem> {
        let comes = self.peek()? == Some(bracket);
        if comes {
            self.step();
        }
        Ok(comes)
    }

    /// The next form; `None` at the end and before a closing bracket.
    pub(super) fn form(&mut self) -> Result<Option<Form>, HistoryProblem> {
        let Some(next) = self.peek()? else { return Ok(None) };
        if matches!(next, ')' | ']' | '}') {
            return Ok(None);
        }
        if self.depth == DEPTH_MAX {
            return self.wrong(format!("forms lie more than {DEPTH_MAX} deep within each other"));
        }
        self.depth += 1;
        let form = self.nested(next);
        self.depth -= 1;
        form.map(Some)
    }

    fn nested(&mut self, next: char) -> Result<Form, HistoryProblem> {
        match next {
            '"' => self.text(),
            '[' => self.items(']').map(Form::List),
            '(' => self.items(')').map(Form::List),
            '{' => self.map(),
            '#' => self.tagged(),
            '\\' => {
                self.step();
                let first = self.step().map(String::from).unwrap_or_default();
                Ok(Form::Word(first + self.word()))
            }
            ':' => {
                self.step();
                match self.word() {
                    "" => self.wrong("a keyword has a name"),
                    word => Ok(Form::Keyword(word.to_owned())),
                }
            }
            _ => match self.word() {
                "" => self.wrong(format!("`{next}` begins nothing that EDN has")),
                "nil" => Ok(Form::Nil),
                word => Ok(Form::Word(word.to_owned())),
            },
        }
    }

    fn word(&mut self) -> &'a str {
        let ends = |c: char| c.is_whitespace() || ",;\"()[]{}\\".contains(c);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn items(&mut self, end: char) -> Result<Vec<Form>, HistoryProblem> {
        let began = self.line;
        self.step();
        let mut items = Vec::new();
        while let Some(form) = self.form()? {
            items.push(form);
        }
        if !self.passes(end)? {
            return self.wrong(format!("`{end}` is missing for the bracket of line {began}"));
        }
        Ok(items)
    }

    fn map(&mut self) -> Result<Form, HistoryProblem> {
        let mut items = self.items('}')?;
        if !items.len().is_multiple_of(2) {
            return self.wrong("a map has a value for each key");
        }
        let mut pairs = Vec::with_capacity(items.len() / 2);
        let mut items = items.drain(..);
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            if pairs.iter().any(|(other, _)| *other == key) {
                return self.wrong(format!("`{key}` stands twice in a map"));
            }
            pairs.push((key, value));
        }
        Ok(Form::Map(pairs))
    }

    fn tagged(&mut self) -> Result<Form, HistoryProblem> {
        self.step();
        if self.rest.starts_with('{') {
            return self.items('}').map(Form::List);
        }
        if self.word().is_empty() {
            return self.wrong("`#` stands before a tag or a set");
        }
        match self.form()? {
            Some(form) => Ok(form),
            None => self.wrong("a tag stands before nothing"),
        }
    }

    fn text(&mut self) -> Result<Form, HistoryProblem> {
        let began = self.line;
        self.step();
        let mut text = String::new();
        loop {
            match self.step() {
                Some('"') => return Ok(Form::Text(text)),
                Some('\\') => match self.step() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('u') => text.push(self.unicode()?),
                    Some(c @ ('"' | '\\')) => text.push(c),
                    other => {
                        let found = other.map(String::from).unwrap_or_default();
                        return self.wrong(format!("a string has no escape `\\{found}`"));
                    }
                },
                Some(c) => text.push(c),
                None => return self.wrong(format!("the string of line {began} has no end")),
            }
        }
    }

    fn unicode(&mut self) -> Result<char, HistoryProblem> {
        let digits: String = self.rest.chars().take(4).collect();
        let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
        match code.and_then(char::from_u32) {
            Some(c) => {
                self.rest = &self.rest[4..];
                Ok(c)
            }
            None => self.wrong(format!("`\\u{digits}` is no character")),
        }
    }
}
