//! What is wrong with a scenario file, and how it is shown: as the Rust compiler does, with the
//! line, what is wrong with it, and what was meant. All mistakes of meaning are shown at once; a
//! mistake of syntax stands alone, because nothing behind it can be read.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// The codes of all problems, each with what it means and what to do: `squall explain` prints it.
pub const CODES: &[(&str, &str)] = &[
    (
        "S001",
        "The file is not UTF-8 text.\nScenario files are TOML or JSON in UTF-8. The message names the first byte that is not.",
    ),
    (
        "S002",
        "The file is too large.\nA scenario is at most 1 MiB; this is probably another file, such as a trace.",
    ),
    (
        "S003",
        "The file is not TOML.\nOnly the first mistake of syntax is shown. A file that begins with `{` is read as JSON.",
    ),
    (
        "S004",
        "The file is not JSON.\nA file that begins with `{` is read as JSON. Only the first mistake of syntax is shown.",
    ),
    (
        "S010",
        "There is no such key.\nA misspelt key would silently keep its default, so it is an error. `squall schema` lists all keys.",
    ),
    (
        "S011",
        "A key that must be given is missing.\nEvery scenario needs `about`; every fault needs `at`, and most need `for` and what they do.",
    ),
    (
        "S012",
        "There is no such kind of fault.\nUnder [[fault]]: partition, crash, links, disk, reconfigure, transfer, membership. Under [[swarm]]: partition, crash, links, disk, membership.",
    ),
    (
        "S013",
        "A value has the wrong type, or a key stands twice.\nThe message says what is expected.",
    ),
    (
        "S014",
        "One entry says two things, or nothing.\nEach [[fault]], [[swarm]] and [[op]] holds exactly one kind; write a second entry for a second one. Some keys exclude each other as well.",
    ),
    (
        "S015",
        "This is not a duration.\nDurations are a number and a unit: \"100ns\", \"5us\", \"10ms\", \"1.5s\", \"2m\". They are whole nanoseconds, and at most a year.",
    ),
    (
        "S016",
        "This is not a probability.\nProbabilities are 0 to 1 (0.02), per cent (\"2%\") or per million (\"20000ppm\"). They are whole millionths.",
    ),
    ("S017", "This word is not one of the choices.\nThe message lists them."),
    ("S018", "A number or duration is out of its range.\nThe message names the range."),
    (
        "S019",
        "A range begins behind its end.\n`min` <= `median` <= `max`, and the first item of `for` is not above the second.",
    ),
    ("S020", "A text that must say something is empty."),
    (
        "S021",
        "There is no such node.\nNodes are n1, n2, ...: first the voters (`nodes`), then the learners, then the spares of [cluster].",
    ),
    (
        "S022",
        "A cluster has 1 to 63 nodes.\nVoters, learners and spares count together, and at least one must be a voter.",
    ),
    (
        "S023",
        "This is not a target.\nA target is a node (\"n2\"), \"leader\", \"follower\", \"any\" or \"all\".",
    ),
    ("S024", "A list that must name something is empty."),
    ("S025", "There is no such client.\nClients are numbered from 1 to `clients` of [cluster]."),
    (
        "S026",
        "A --set flag cannot be applied.\nIt is `--set key.path=value`, such as `--set workload.keys=3` or `--set fault.0.crash.at=2s`; items of lists are counted from 0.",
    ),
    ("S027", "A node stands in two groups of a partition, or twice in one."),
    (
        "S028",
        "This is not a failure signature.\nSignatures are `check/kind`, such as `linearizable/stale-read`, or `check/*` for every kind.",
    ),
    (
        "S029",
        "Two faults bear the same id.\nFaults without an id are f1, f2, ... by their place in the file.",
    ),
    (
        "S030",
        "There is no such situation.\n`squall list situations` names those that a sweep can be required to reach.",
    ),
    (
        "S031",
        "This cannot be drawn.\nAn entry of [[draw]] has keys such as \"node.snapshot-every\", each with a list of values; with several keys, the lists are equally long, and a seed takes the n-th of each.",
    ),
    (
        "S032",
        "This scripted fault cannot happen.\nIt begins after the storm, strikes a node that another fault keeps down, or [budget] does not allow it. A run in which a scripted fault does nothing says less than it seems to. With `optional = true` beside the fault it may do nothing.",
    ),
    (
        "S040",
        "A case names a scenario that cannot be used.\n`scenario` is a file, or the stem of one in ./scenarios or ./scenarios/known, or of one that is built in. Without it, the case must be a whole scenario itself.",
    ),
    (
        "S041",
        "This version of the case format is not known.\n`squall-case` is the version of the format, not of the program: \"1.0\".",
    ),
    (
        "S042",
        "This is not the hash of a run.\nHashes of events are 12 hex digits, as `squall run` prints them.",
    ),
];

/// How many problems are shown at once; what is behind them is only counted.
const SHOWN_MAX: usize = 20;

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its code, one of [`CODES`].
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// Where it is written: 0 for the file, n for the n-th `--set` flag.
    pub source: usize,
    /// Where in the source, in bytes.
    pub span: Range<usize>,
    /// What stands under the span. If it is empty, the help stands there.
    pub label: String,
    /// Another place in the same source that explains this one.
    pub also: Option<(Range<usize>, String)>,
    /// What to do.
    pub help: Option<String>,
}

/// All problems of one file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file's name, as the user gave it.
    pub file: String,
    /// The file's text; empty if it has none.
    pub text: String,
    /// The `--set` flags, `key=value` each.
    pub flags: Vec<String>,
    /// The problems, in the order of their places.
    pub list: Vec<Problem>,
}

impl Problems {
    /// The problems as text for a terminal, many lines, without a newline at the end.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for problem in self.list.iter().take(SHOWN_MAX) {
            out.push_str(&renderer.render(&[self.group(problem)]));
            out.push('\n');
        }
        let code = self.list[..self.list.len().min(SHOWN_MAX)]
            .last()
            .map_or("S010", |problem| problem.code);
        let count = self.list.len();
        let plural = if count == 1 { "" } else { "s" };
        let end = format!("{count} error{plural} in {}; see `squall explain {code}`", self.file);
        let end = match count {
            0..=SHOWN_MAX => end,
            _ => format!("{end}; only the first {SHOWN_MAX} are shown"),
        };
        let end = Level::ERROR.primary_title(end.as_str());
        out.push_str(&renderer.render(&[Group::with_title(end)]));
        out
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let title = Level::ERROR.primary_title(problem.message.as_str()).id(problem.code);
        let (text, path) = match problem.source {
            0 => (self.text.as_str(), self.file.as_str()),
            n => (self.flags.get(n - 1).map_or("", String::as_str), "--set"),
        };
        let help_below = problem.help.as_deref().filter(|_| !problem.label.is_empty());
        let label = match &problem.help {
            Some(help) if problem.label.is_empty() => format!("help: {help}"),
            _ => problem.label.clone(),
        };
        let mut group = if text.is_empty() {
            let note = if label.is_empty() { path.into() } else { format!("{path}: {label}") };
            title.element(Level::NOTE.message(note))
        } else {
            let mut snippet = Snippet::source(text)
                .path(path)
                .annotation(AnnotationKind::Primary.span(within(text, &problem.span)).label(label));
            if let Some((span, label)) = &problem.also {
                let span = within(text, span);
                snippet =
                    snippet.annotation(AnnotationKind::Context.span(span).label(label.as_str()));
            }
            title.element(snippet)
        };
        if let Some(help) = help_below {
            group = group.element(Level::HELP.message(help));
        }
        group
    }
}

/// The span, cut to what the text has, at the bounds of its letters.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let bound = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let start = bound(span.start).unwrap_or(0);
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
