//! Records: versions, latest, what is open after a restart.

use crate::fixture::{POWER, at, batch, batches, decision, finding, id, of_machines, open, revision, tight};
use crate::restart::{reopen, reopen_as};
use plant::{Confirmation, DecisionState, Finding, Record, RecordKind, RevisionState, UserRole};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_seen_at_once_in_all_its_versions() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let pending = decision(1, DecisionState::Pending);
    let done = decision(1, DecisionState::Done);
    store.keep(vec![pending.clone()]).await.expect("kept");
    assert_eq!(store.record(id(RecordKind::Decision, 1)).await.expect("a look"), Some(pending.clone()));
    store.keep(vec![pending.clone()]).await.expect("kept, though nothing changed");
    store.keep(vec![done.clone(), finding(7, 1)]).await.expect("kept");
    assert_eq!(store.versions(id(RecordKind::Decision, 1)).await.expect("versions"), [pending, done.clone()]);
    assert_eq!(store.record(id(RecordKind::Decision, 1)).await.expect("a look"), Some(done));
    assert_eq!(store.record(id(RecordKind::Outcome, 1)).await.expect("a look"), None);
    assert_eq!(store.records(RecordKind::Finding, at(8), 10).await.expect("records"), [finding(7, 1)]);
    assert!(store.records(RecordKind::Finding, at(7), 10).await.expect("records").is_empty(), "made before, not at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_back_open_decisions_recent_records_and_free_numbers() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let states = [DecisionState::Pending, DecisionState::Done, DecisionState::Running, DecisionState::Rejected];
    let decisions: Vec<Record> = (1..).zip(states).map(|(n, s)| decision(n, s)).collect();
    store.commit(Vec::new(), vec![batch(0, &[(POWER, 1, 2.0)])], &decisions).await.expect("committed");
    let revisions = (1..=250).map(|n| revision(n, if n == 3 { RevisionState::Pending } else { RevisionState::Done }));
    store.keep(revisions.collect()).await.expect("kept");
    store.keep((1..=300).map(|n| finding(n, 0)).collect()).await.expect("kept");
    drop(store);
    let (_store, found) = reopen(dir.path()).await;
    assert_eq!(found.next, [301, 1, 5, 1, 1, 251]);
    let open: Vec<Record> = found.open_decisions.iter().cloned().map(Record::Decision).collect();
    assert_eq!(open, [decisions[0].clone(), decisions[2].clone()]);
    assert_eq!(found.recent.len(), 405, "all decisions, the newest 200 findings and revisions, and the revision that is pending");
    assert_eq!((&found.recent[..4], &found.recent[404]), (&decisions[..], &finding(300, 0)));
    assert_eq!(found.recent[4], revision(3, RevisionState::Pending));
    assert_eq!(batches(&found).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_found_is_given_back_however_old_and_at_most_so_many() {
    let confirmed = |n: u64, note: &str| {
        let Record::Finding(finding) = finding(n, 0) else { unreachable!("the fixture makes a finding") };
        let (by, note) = ("mei".to_owned(), note.to_owned());
        let said = Confirmation {
            by,
            role: UserRole::Operator,
            at: at(n as i64),
            right: n.is_multiple_of(2),
            cause: None,
            note,
            relearn: false,
        };
        Finding { confirmation: Some(said), ..finding }
    };
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let taught: Vec<Finding> = (1..=store::CONFIRMED_MAX as u64 + 3).map(|n| confirmed(n, "a hose")).collect();
    store.keep((1..=1_000).map(|n| finding(n, 0)).collect()).await.expect("kept");
    store.keep(taught.iter().cloned().map(Record::Finding).collect()).await.expect("kept");
    drop(store);
    let (_store, found) = reopen(dir.path()).await;
    assert_eq!(found.confirmed, taught[3..], "the newest, oldest first, with what was found right and what was not");
    assert_eq!((found.recent.len(), found.recent.contains(&finding(1, 0))), (200, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_about_what_is_gone_are_named_or_left_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.keep(vec![finding(1, 0), finding(2, 2)]).await.expect("kept");
    drop(store);
    let (store, found) = reopen_as(dir.path(), &of_machines(&[("oven-1", "oven")]), tight()).await;
    assert_eq!(found.next[0], 3, "numbers are never used again");
    assert_eq!(found.recent.len(), 1);
    let left: Vec<_> = store.records(RecordKind::Finding, at(99), 9).await.expect("records").iter().map(Record::id).collect();
    assert_eq!(left, [id(RecordKind::Finding, 2)]);
    let said = store.record(id(RecordKind::Finding, 1)).await.expect_err("it names mill-1").to_string();
    assert_eq!(said, "finding-1 cannot be read: it names machine `mill-1`, which is not in the configuration any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_names_nothing_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let said = store.keep(vec![finding(1, 9)]).await.expect_err("there is no machine 9").to_string();
    assert_eq!(said, "finding-1 cannot be read: machine number 9 is not in the plant");
}
