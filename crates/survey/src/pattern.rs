//! Address patterns: what a thousand equal machines share of their addresses. Enters: addresses and names. Leaves: a pattern
//! with placeholders, and the words that fill it. Absent: protocols.

/// The text with whole words replaced by placeholders: `{0}` where a word is that of a pair. A word is letters, digits, `-`
/// and `_`.
pub fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    let (mut all, mut word) = (String::new(), String::new());
    for letter in text.chars().map(Some).chain([None]) {
        match letter.filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
            Some(letter) => word.push(letter),
            None => {
                match pairs.iter().find(|(known, _)| *known == word && !word.is_empty()) {
                    Some((_, placeholder)) => all.push_str(placeholder),
                    None => all.push_str(&word),
                }
                word.clear();
                all.extend(letter);
            }
        }
    }
    all
}

/// An address as a pattern: braces of its own are doubled, so that they are no placeholders.
pub fn escaped(address: &str) -> String {
    address.replace('{', "{{")
}

/// The value met most often, the first of them where several are.
pub fn most<T: PartialEq + Clone>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(v, _)| *v == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    let best = counts.iter().map(|(_, c)| *c).max()?;
    counts.into_iter().find(|(_, c)| *c == best).map(|(v, _)| v)
}

/// What the texts share at their beginning and end, and what differs between; `None` where all are the same or where one
/// has nothing between. Differences are whole words.
pub fn difference<'t>(texts: &[&'t str]) -> Option<(&'t str, Vec<&'t str>, &'t str)> {
    let first = *texts.first()?;
    let shared =
        |a: &str, b: &str| a.chars().zip(b.chars()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum::<usize>();
    let begin = texts.iter().map(|t| shared(first, t)).min()?;
    if texts.iter().all(|t| t.len() == begin) {
        return None;
    }
    let begin =
        first[..begin].rfind(|c: char| !is_word(c)).map_or(0, |at| at + first[at..].chars().next().map_or(1, char::len_utf8));
    let room = texts.iter().map(|t| t.len() - begin).min()?;
    let from_end = |a: &str, b: &str| {
        a.chars().rev().zip(b.chars().rev()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum::<usize>()
    };
    let end = texts.iter().map(|t| from_end(first, t)).min()?.min(room);
    let tail = &first[first.len() - end..];
    let end = tail.find(|c: char| !is_word(c)).map_or(0, |at| end - at);
    let middles: Vec<&str> = texts.iter().map(|t| &t[begin..t.len() - end]).collect();
    (!middles.iter().any(|m| m.is_empty())).then(|| (&first[..begin], middles, &first[first.len() - end..]))
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_replaced() {
        let pairs = [("mill-1", "{machine}"), ("state", "{channel}")];
        assert_eq!(replaced("ns=2;s=mill-1.state", &pairs), "ns=2;s={machine}.{channel}");
        assert_eq!(replaced("ns=2;s=mill-10.state_x", &pairs), "ns=2;s=mill-10.state_x");
    }

    type Parts<'t> = Option<(&'t str, &'t [&'t str], &'t str)>;

    #[test]
    fn what_differs_is_whole_words() {
        let table: [(&[&str], Parts<'_>); 5] = [
            (&["1/input/0/f32", "2/input/0/f32"], Some(("", &["1", "2"], "/input/0/f32"))),
            (&["a/Mill_1/p", "a/Mill_10/p"], Some(("a/", &["Mill_1", "Mill_10"], "/p"))),
            (&["x", "x"], None),
            (&["铣床1/功率", "铣床2/功率"], Some(("", &["铣床1", "铣床2"], "/功率"))),
            (&["a.b", "a.b.c"], Some(("a.", &["b", "b.c"], ""))),
        ];
        for (texts, wanted) in table {
            let got = difference(texts);
            assert_eq!(got.as_ref().map(|(a, m, b)| (*a, m.as_slice(), *b)), wanted, "{texts:?}");
        }
    }
}
