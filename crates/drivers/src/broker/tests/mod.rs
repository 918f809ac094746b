//! The broker's state without sockets: clients made of the codec, time as an argument.

mod client;
mod rules;
mod sessions;

use super::filter::{Filter, Filters, Listener, Options, is_filter, matches};
use super::session::SessionId;
use proptest::prelude::*;

#[test]
fn filters_and_topics_match_as_the_standard_says() {
    let table = [
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
        ("sport/#", "sport", true),
        ("#", "sport", true),
        ("sport/tennis/+", "sport/tennis/player1", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("#", "$SYS/monitor", false),
        ("+/monitor", "$SYS/monitor", false),
        ("$SYS/#", "$SYS/monitor", true),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
    ];
    for (filter, topic, wanted) in table {
        assert_eq!(matches(filter, topic), wanted, "{filter} {topic}");
        let mut tree = Filters::default();
        let options = Options { qos: 1, no_local: false, keeps_retain: false, identifier: None };
        tree.add(&Filter::parse(filter).expect("a filter"), Listener { session: SessionId { place: 1, serial: 1 }, options });
        assert_eq!(tree.matching(topic).listeners.len(), usize::from(wanted), "{filter} {topic} in the tree");
    }
    for wrong in ["", "a#", "a/#/b", "a+", "a/b+/c", "$share/g", "$share//a", "$share/g+/a", "$share/g/"] {
        assert_eq!(Filter::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Filter::parse("$share/g/a/+"), Some(Filter { group: Some("g"), levels: "a/+" }));
}

proptest! {
    /// The tree and the comparison of one filter with one topic share no code.
    #[test]
    fn the_tree_finds_what_a_comparison_finds(
        filters in proptest::collection::vec("([ab+]|)(/([ab+]|)){0,3}(/#)?", 1..20),
        topics in proptest::collection::vec("[ab]?(/[ab]?){0,4}", 1..10),
        removed in 0..20_usize,
    ) {
        let options = Options { qos: 0, no_local: false, keeps_retain: false, identifier: None };
        let mut tree = Filters::default();
        let mut held = Vec::new();
        for (place, text) in filters.iter().enumerate().filter(|(_, f)| is_filter(f)) {
            let session = SessionId { place: place as u32, serial: 0 };
            tree.add(&Filter::parse(text).expect("checked"), Listener { session, options });
            held.push((session, text));
        }
        if let Some((session, text)) = held.get(removed).copied() {
            prop_assert!(tree.remove(&Filter::parse(text).expect("checked"), session));
            held.remove(removed);
        }
        for topic in topics.iter().filter(|t| !t.is_empty()) {
            let mut found: Vec<_> = tree.matching(topic).listeners.iter().map(|l| l.session).collect();
            let mut wanted: Vec<_> = held.iter().filter(|(_, f)| matches(f, topic)).map(|(s, _)| *s).collect();
            found.sort();
            wanted.sort();
            prop_assert_eq!(found, wanted, "{}", topic);
        }
    }
}
