//! Why something is proposed, told so that a person can judge it. Enters: what was met. Leaves: a sentence, and a code with
//! its words for other languages. Absent: confidence figures.

use std::fmt;

/// Why something is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An outside standard names the value so.
    Standard(String),
    /// Its name says so: the words that do.
    Name(String),
    /// The source states the unit: as it was stated.
    UnitStated(String),
    /// The end of its name is a unit.
    UnitInName(String),
    /// What it is measured in by habit, for lack of a better word.
    UnitUsual(String),
    /// Its unit fits the role.
    UnitFits(String),
    /// Its data type says so.
    Type(String),
    /// It only rose while watched, so many times.
    OnlyRose(usize),
    /// It rose and fell while watched.
    RoseAndFell,
    /// It showed a few words again and again.
    FewWords(usize),
    /// Its words belong to a family of state words.
    StateWords(String),
    /// None of its words is known to mean that the machine produces.
    UnknownWords(String),
    /// Its values are codes without words.
    Codes,
    /// Another value of the machine fits the role better.
    RoleTaken(String),
    /// Nothing tells what it means.
    Nothing,
    /// Nothing was heard of it while it was watched.
    Silent,
    /// It may be written; what may be written is for a person to lay down.
    Writable,
    /// It belongs to the server itself.
    OfTheServer,
    /// It is read already.
    ReadAlready(String),
    /// The source says which device it belongs to.
    Device(String),
    /// The folder it stands in.
    Folder(String),
    /// The beginning of its name.
    NameBegins(String),
    /// Nothing parts the source into machines.
    OneMachine,
}

impl Reason {
    /// A code for forms, and the word in it that is the source's own.
    pub fn code(&self) -> (&'static str, String) {
        match self {
            Self::Standard(w) => ("standard", w.clone()),
            Self::Name(w) => ("name", w.clone()),
            Self::UnitStated(w) => ("unit_stated", w.clone()),
            Self::UnitInName(w) => ("unit_in_name", w.clone()),
            Self::UnitUsual(w) => ("unit_usual", w.clone()),
            Self::UnitFits(w) => ("unit_fits", w.clone()),
            Self::Type(w) => ("type", w.clone()),
            Self::OnlyRose(n) => ("only_rose", n.to_string()),
            Self::RoseAndFell => ("rose_and_fell", String::new()),
            Self::FewWords(n) => ("few_words", n.to_string()),
            Self::StateWords(w) => ("state_words", w.clone()),
            Self::UnknownWords(w) => ("unknown_words", w.clone()),
            Self::Codes => ("codes", String::new()),
            Self::RoleTaken(w) => ("role_taken", w.clone()),
            Self::Nothing => ("nothing", String::new()),
            Self::Silent => ("silent", String::new()),
            Self::Writable => ("writable", String::new()),
            Self::OfTheServer => ("of_the_server", String::new()),
            Self::ReadAlready(w) => ("read_already", w.clone()),
            Self::Device(w) => ("device", w.clone()),
            Self::Folder(w) => ("folder", w.clone()),
            Self::NameBegins(w) => ("name_begins", w.clone()),
            Self::OneMachine => ("one_machine", String::new()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(w) => write!(f, "the standard calls it {w}"),
            Self::Name(w) => write!(f, "named `{w}`"),
            Self::UnitStated(w) => write!(f, "in {w}, as the source states"),
            Self::UnitInName(w) => write!(f, "its name ends in `{w}`"),
            Self::UnitUsual(w) => write!(f, "no unit told; {w} is usual"),
            Self::UnitFits(w) => write!(f, "{w} fits"),
            Self::Type(w) => write!(f, "its values are of type {w}"),
            Self::OnlyRose(n) => write!(f, "it only rose, {n} times"),
            Self::RoseAndFell => f.write_str("it rose and fell"),
            Self::FewWords(n) => write!(f, "{n} words that come again"),
            Self::StateWords(w) => write!(f, "state words, {w}"),
            Self::UnknownWords(w) => write!(f, "which of its words means producing? heard: {w}"),
            Self::Codes => f.write_str("codes without words"),
            Self::RoleTaken(w) => write!(f, "`{w}` fits the role better"),
            Self::Nothing => f.write_str("nothing tells what it means"),
            Self::Silent => f.write_str("nothing was heard of it"),
            Self::Writable => f.write_str("it may be written; only read here"),
            Self::OfTheServer => f.write_str("it belongs to the server itself"),
            Self::ReadAlready(w) => write!(f, "read already as `{w}`"),
            Self::Device(w) => write!(f, "the source says that `{w}` is a device"),
            Self::Folder(w) => write!(f, "folder `{w}`"),
            Self::NameBegins(w) => write!(f, "names that begin with `{w}`"),
            Self::OneMachine => f.write_str("nothing parts the source into machines"),
        }
    }
}
