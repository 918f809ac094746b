//! Names as devices write them, taken apart and made into names as the unit writes them. Enters: any text. Leaves: words,
//! clean names. Absent: what a word means (`lists`).

/// Longest name of a channel or machine [characters], as configuration has it.
pub const NAME_MAX: usize = 64;

/// The words of a name in small letters: parted at signs, at a capital after a small letter, and before a number.
///
/// `Spindle.ActPower_kW` is `spindle act power kw`; `mill12` is `mill 12`; Chinese is kept together.
pub fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let (mut all, mut word) = (Vec::new(), String::new());
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|b| letters.get(b)).copied();
        let after = letters.get(i + 1).copied();
        if !letter.is_alphanumeric() || before.is_some_and(|b| is_edge(b, *letter, after)) {
            push(&mut all, &mut word);
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    push(&mut all, &mut word);
    all
}

fn push(all: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        all.push(std::mem::take(word));
    }
}

/// Whether a new word begins at `letter`: `aB`, the last capital of `ABc`, `a1`.
fn is_edge(before: char, letter: char, after: Option<char>) -> bool {
    let capital_after_small = before.is_lowercase() && letter.is_uppercase();
    let last_capital = before.is_uppercase() && letter.is_uppercase() && after.is_some_and(char::is_lowercase);
    let number = before.is_alphabetic() && letter.is_ascii_digit();
    capital_after_small || last_capital || number
}

/// Whether a name has signs that only Chinese, Japanese or Korean writing has.
pub fn is_han(text: &str) -> bool {
    text.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c))
}

/// A name of small letters, digits and `sign`: umlauts are spelt out, all else is parted by the sign. Empty where nothing is
/// left, as of a Chinese name.
pub fn clean(name: &str, sign: char) -> String {
    let mut clean = String::new();
    for word in words(&spelt(name)) {
        let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        if plain.is_empty() {
            continue;
        }
        let number_after_word = plain.starts_with(|c: char| c.is_ascii_digit()) && clean.ends_with(|c: char| c != sign);
        let joined = number_after_word && sign == '_' && !name_has_sign_before(name, &plain);
        if !clean.is_empty() && !joined {
            clean.push(sign);
        }
        clean.push_str(&plain);
    }
    clean.chars().take(NAME_MAX).collect::<String>().trim_end_matches(sign).to_owned()
}

/// Whether a number stands behind a sign in the name as it was written (`axis_1`, not `axis1`).
fn name_has_sign_before(name: &str, number: &str) -> bool {
    name.match_indices(number).any(|(at, _)| name[..at].chars().next_back().is_some_and(|c| !c.is_alphanumeric()))
}

fn spelt(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        match letter {
            'ä' => text.push_str("ae"),
            'ö' => text.push_str("oe"),
            'ü' => text.push_str("ue"),
            'Ä' => text.push_str("Ae"),
            'Ö' => text.push_str("Oe"),
            'Ü' => text.push_str("Ue"),
            'ß' => text.push_str("ss"),
            other => text.push(other),
        }
    }
    text
}

/// The name without the number at its end: `mill-12` and `Mill12` are `mill`, `M` and `3` are what they are.
pub fn stem(name: &str) -> String {
    let all = words(name);
    let kept = all.iter().rposition(|w| !w.chars().all(|c| c.is_ascii_digit())).map_or(all.len(), |last| last + 1);
    all[..kept].join("_")
}

/// `name` where it is free, else `name` with the first number that makes it free.
pub fn free(name: &str, sign: char, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    let short: String = name.chars().take(NAME_MAX - 6).collect();
    (2..100_000).map(|n| format!("{short}{sign}{n}")).find(|n| !taken(n)).unwrap_or(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_as_people_read_them() {
        let table: [(&str, &[&str]); 8] = [
            ("Spindle.ActPower_kW", &["spindle", "act", "power", "k", "w"]),
            ("ACPower", &["ac", "power"]),
            ("mill12", &["mill", "12"]),
            ("mill-12", &["mill", "12"]),
            ("铣床1号 功率", &["铣床", "1号", "功率"]),
            ("Gutteile_ges", &["gutteile", "ges"]),
            ("WIRKLEISTUNG", &["wirkleistung"]),
            ("__", &[]),
        ];
        for (name, wanted) in table {
            assert_eq!(words(name), wanted, "{name}");
        }
    }

    #[test]
    fn clean_names_fit_the_configuration() {
        let table = [
            ("Mill_01", '-', "mill-01"),
            ("Härteofen 3", '-', "haerteofen-3"),
            ("mill-1", '-', "mill-1"),
            ("CycleTime", '_', "cycle_time"),
            ("axis1 load", '_', "axis1_load"),
            ("axis_1_load", '_', "axis_1_load"),
            ("Vibration [mm/s]", '_', "vibration_mm_s"),
            ("功率", '_', ""),
        ];
        for (name, sign, wanted) in table {
            assert_eq!(clean(name, sign), wanted, "{name}");
        }
        assert_eq!(clean(&"long name ".repeat(20), '_').len(), NAME_MAX);
    }

    #[test]
    fn a_stem_has_no_number_and_a_free_name_is_free() {
        for (name, wanted) in
            [("mill-12", "mill"), ("Mill12", "mill"), ("M", "m"), ("3", "3"), ("line-1-press-2", "line_1_press")]
        {
            assert_eq!(stem(name), wanted, "{name}");
        }
        assert_eq!(free("mill", '-', |n| n == "mill" || n == "mill-2"), "mill-3");
    }
}
