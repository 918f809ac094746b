//! What a query may weigh. Planning is one piece of work that nothing can stop and that goes as deep as the query: so a query's
//! joints and tables are counted before it is planned.
//!
//! Enters: the text of a query, the query as it is read. Leaves: nothing, or a refusal. Absent: memory and time (`sql`).

use crate::StoreError;
use datafusion::sql::sqlparser::ast::{ObjectName, Query, Statement, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Most operators of a query: each may take it one level deeper.
const JOINTS_MAX: usize = 300;
/// Words that join two parts of a query, or go on with one.
const JOINING: [Keyword; 17] = [
    Keyword::AND,
    Keyword::BETWEEN,
    Keyword::COLLATE,
    Keyword::EXCEPT,
    Keyword::ILIKE,
    Keyword::IN,
    Keyword::INTERSECT,
    Keyword::IS,
    Keyword::JOIN,
    Keyword::LIKE,
    Keyword::MINUS,
    Keyword::NOT,
    Keyword::OR,
    Keyword::SIMILAR,
    Keyword::UNION,
    Keyword::XOR,
    Keyword::ZONE,
];
/// Most tables and queries inside a query, counting one as often as it is read.
const TABLES_MAX: usize = 256;
/// Stack of a thread that plans queries [bytes]: enough for [`JOINTS_MAX`] levels, as a test shows.
pub(crate) const STACK_BYTES: usize = 128 << 20;

/// Whether a text has few enough joints to be read; one that is no SQL at all is for the parser to refuse.
///
/// # Errors
/// It has too many.
pub(super) fn joints(query: &str) -> Result<(), StoreError> {
    let tokens = Tokenizer::new(&GenericDialect, query).tokenize().unwrap_or_default();
    let found = tokens.iter().filter(|token| !is_flat(token)).count();
    within(found, JOINTS_MAX, "operators")
}

/// Whether a part of a query takes it no deeper than parentheses do, which the parser counts.
fn is_flat(token: &Token) -> bool {
    match token {
        Token::Word(word) => !JOINING.contains(&word.keyword),
        Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::Whitespace(_) => true,
        Token::Comma | Token::Period | Token::LParen | Token::RParen | Token::SemiColon => true,
        _ => false,
    }
}

/// Whether a query reads few enough tables, once each named part of it stands wherever it is named.
///
/// # Errors
/// It reads too many.
pub(super) fn tables(statement: &Statement) -> Result<(), StoreError> {
    let mut named = Named::default();
    let _ = statement.visit(&mut named);
    let all = std::mem::take(&mut named.tables);
    let found = all.iter().fold(named.inside, |sum, table| sum.saturating_add(1).saturating_add(named.within(table)));
    within(found, TABLES_MAX, "tables and queries in it, each as often as it is read")
}

fn within(found: usize, allowed: usize, of: &str) -> Result<(), StoreError> {
    if found <= allowed {
        return Ok(());
    }
    Err(StoreError::Query(format!("the query has {found} {of}; allowed are {allowed}: ask in parts")))
}

/// The tables that a query names, and the queries in it.
#[derive(Default)]
struct Named {
    tables: Vec<String>,
    /// How many stand in parts of it.
    inside: usize,
    /// Tables in a part of the query by the name of the part (`WITH`).
    parts: HashMap<String, Vec<String>>,
    /// Tables that a part stands for, once counted.
    counts: HashMap<String, usize>,
    /// Names of the parts ahead, by where their queries stand.
    ahead: HashMap<*const Query, String>,
    /// Parts around the present place: where the query of each stands, and its tables so far.
    around: Vec<(*const Query, Vec<String>)>,
}

impl Named {
    fn note(&mut self, table: String) {
        self.around.last_mut().map_or(&mut self.tables, |(_, tables)| tables).push(table);
    }

    /// How many tables a name stands for, if it is that of a part.
    fn within(&mut self, name: &str) -> usize {
        if let Some(count) = self.counts.get(name) {
            return *count;
        }
        let Some(tables) = self.parts.remove(name) else { return 0 };
        // inside of it the name means the table that it hides
        self.counts.insert(name.to_owned(), 0);
        let count = tables.iter().fold(0_usize, |sum, table| sum.saturating_add(1).saturating_add(self.within(table)));
        self.counts.insert(name.to_owned(), count);
        count
    }
}

impl Visitor for Named {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let name = relation.0.last().and_then(|part| part.as_ident());
        self.note(name.map_or_else(|| relation.to_string(), |name| name.value.clone()).to_lowercase());
        ControlFlow::Continue(())
    }
    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let place = std::ptr::from_ref(query);
        if self.ahead.contains_key(&place) {
            self.around.push((place, Vec::new()));
        }
        // one without a table counts as well
        self.note(String::new());
        for part in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.ahead.insert(std::ptr::from_ref(&part.query), part.alias.name.value.to_lowercase());
        }
        ControlFlow::Continue(())
    }
    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let place = std::ptr::from_ref(query);
        if let Some((_, tables)) = self.around.pop_if(|(of, _)| *of == place) {
            let name = self.ahead.remove(&place).unwrap_or_default();
            self.inside += tables.len();
            self.parts.entry(name).or_default().extend(tables);
        }
        ControlFlow::Continue(())
    }
}
