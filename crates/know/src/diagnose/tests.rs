//! Ranking: what shows decides, people teach.

use super::*;
use measure::Instant;
use plant::{Confirmation, Finding, MachineId, RecordId, RecordKind, UserRole};

fn shows(strong: &[Symptom]) -> Strengths {
    Symptom::ALL.map(|symptom| Some(f64::from(u8::from(strong.contains(&symptom)))))
}

fn first(own: Cause, strong: &[Symptom]) -> Cause {
    rank(&CauseModel::default(), &Cases::default(), "milling", Some(own), &shows(strong))[0].cause
}

#[test]
fn what_shows_decides_which_cause_comes_first() {
    use Symptom as S;
    let table: [(Cause, &[Symptom], Cause); 8] = [
        (Cause::ToolWear, &[S::LoadHigh, S::DeviationHigh, S::PowerHigh], Cause::ToolWear),
        (Cause::ToolWear, &[S::LoadHigh, S::LoadJump, S::PowerHigh], Cause::Overload),
        (Cause::ToolWear, &[S::LoadHigh, S::GaugesDisagree], Cause::SensorDrift),
        (Cause::BearingWear, &[S::VibrationHigh], Cause::BearingWear),
        (Cause::BearingWear, &[S::VibrationHigh, S::GaugesDisagree], Cause::SensorDrift),
        (Cause::AirLeak, &[S::LeakHigh], Cause::AirLeak),
        (Cause::Misfeed, &[S::StopsHigh, S::ScrapHigh], Cause::Misfeed),
        (Cause::SensorDrift, &[S::GaugesDisagree, S::GaugeStuck], Cause::SensorStuck),
    ];
    for (own, strong, wanted) in table {
        assert_eq!(first(own, strong), wanted, "{own:?} {strong:?}");
    }
}

#[test]
fn probabilities_sum_to_one_at_most_and_reasons_are_told() {
    let ranked =
        rank(&CauseModel::default(), &Cases::default(), "milling", Some(Cause::BearingWear), &shows(&[Symptom::VibrationHigh]));
    let sum: f64 = ranked.iter().map(|s| s.probability).sum();
    assert!(ranked.is_sorted_by(|a, b| a.probability >= b.probability) && sum <= 1.0 + 1e-12 && sum > 0.8, "{ranked:?}");
    assert_eq!((ranked[0].reasons[0].symptom.as_ref(), ranked[0].reasons[0].weight), ("vibration_high", 3.0));
}

fn finding(cause: Cause, causes: Vec<Suspect>, right: bool, instead: Option<Cause>) -> Finding {
    let at = Instant::EPOCH;
    let by = Confirmation {
        by: "mei".to_owned(),
        role: UserRole::Operator,
        at,
        right,
        cause: instead,
        note: String::new(),
        relearn: false,
    };
    Finding {
        id: RecordId { kind: RecordKind::Finding, number: 1 },
        at,
        from: Code::Borrowed("tool_wear"),
        because: Vec::new(),
        machine: MachineId(0),
        channel: None,
        cause,
        probability: 0.8,
        evidence: Vec::new(),
        loss: None,
        since: at,
        ended: None,
        causes,
        confirmation: Some(by),
    }
}

#[test]
fn that_was_not_it_changes_the_ranking_next_time_and_only_where_it_looks_alike() {
    use Symptom as S;
    let (model, mut cases) = (CauseModel::default(), Cases::default());
    let worn = shows(&[S::LoadHigh, S::PowerHigh]);
    let ranked = |cases: &Cases, kind: &str, shows: &Strengths| rank(&model, cases, kind, Some(Cause::ToolWear), shows);
    let before = ranked(&cases, "milling", &worn);
    assert_eq!(before[0].cause, Cause::ToolWear);
    cases.take("milling", &finding(Cause::ToolWear, before, false, Some(Cause::Overload)));
    let after = ranked(&cases, "milling", &worn);
    assert_eq!(after[0].cause, Cause::Overload, "{after:?}");
    assert!(after[0].reasons.iter().any(|r| r.symptom == "past_cases" && r.weight > 1.0), "{after:?}");
    assert_eq!(ranked(&cases, "turning", &worn)[0].cause, Cause::ToolWear, "another type of equipment");
    let other = shows(&[S::DeviationHigh, S::ScrapHigh]);
    assert_eq!(cases.teach("milling", Cause::ToolWear, &other), 0.0, "what shows is not alike");
}

#[test]
fn similar_cases_are_confirmed_ones_of_the_same_type_never_the_finding_itself_the_most_alike_first() {
    use Symptom as S;
    let mut cases = Cases::default();
    let numbered = |number: u64, strong: &[S], right: bool, instead: Option<Cause>| {
        let told = rank(&CauseModel::default(), &Cases::default(), "milling", Some(Cause::ToolWear), &shows(strong));
        Finding { id: RecordId { kind: RecordKind::Finding, number }, ..finding(Cause::ToolWear, told, right, instead) }
    };
    cases.take("milling", &numbered(1, &[S::LoadHigh, S::PowerHigh], true, None));
    cases.take("milling", &numbered(2, &[S::LoadHigh, S::PowerHigh, S::DeviationHigh], false, Some(Cause::Overload)));
    cases.take("milling", &numbered(3, &[S::VibrationHigh], true, None));
    cases.take("turning", &numbered(4, &[S::LoadHigh, S::PowerHigh], true, None));
    cases.take("milling", &numbered(5, &[S::LoadHigh, S::PowerHigh], false, None));
    let told = |number: u64| -> Vec<(u64, Cause)> {
        let like = numbered(number, &[S::LoadHigh, S::PowerHigh], true, None);
        cases.similar("milling", &like, 3).iter().map(|(_, case)| (case.finding.number, case.cause)).collect()
    };
    assert_eq!(told(9), [(1, Cause::ToolWear), (2, Cause::Overload)]);
    assert_eq!(told(1), [(2, Cause::Overload)], "its own case tells it nothing");
    let silent = |cause| Finding { causes: Vec::new(), ..finding(cause, Vec::new(), true, None) };
    cases.take("milling", &Finding { id: RecordId { kind: RecordKind::Finding, number: 7 }, ..silent(Cause::IdleEnergy) });
    let alike = |cause| cases.similar("milling", &silent(cause), 3).len();
    assert_eq!(
        (alike(Cause::IdleEnergy), alike(Cause::Bottleneck)),
        (1, 0),
        "without symptoms the cause named tells what is alike"
    );
}

#[test]
fn what_is_said_of_a_finding_again_takes_the_place_of_what_was_said_before() {
    let mut cases = Cases::default();
    let told = rank(&CauseModel::default(), &cases, "milling", Some(Cause::ToolWear), &shows(&[Symptom::LoadHigh]));
    cases.take("milling", &finding(Cause::ToolWear, told.clone(), false, Some(Cause::Overload)));
    cases.take("milling", &finding(Cause::ToolWear, told, true, None));
    assert_eq!(cases.len(), 1);
}

#[test]
fn confirmations_add_up_to_a_bound_and_the_oldest_are_forgotten() {
    let mut cases = Cases::default();
    let worn = shows(&[Symptom::LoadHigh]);
    let told = rank(&CauseModel::default(), &cases, "milling", Some(Cause::ToolWear), &worn);
    for number in 0..600 {
        let id = RecordId { kind: RecordKind::Finding, number };
        cases.take("milling", &Finding { id, ..finding(Cause::ToolWear, told.clone(), true, None) });
    }
    assert_eq!((cases.len(), cases.teach("milling", Cause::ToolWear, &worn)), (Cases::CASES_MAX, 4.6));
    let mut unasked = finding(Cause::ToolWear, told, true, None);
    unasked.confirmation = None;
    cases.take("milling", &unasked);
    assert_eq!(cases.len(), Cases::CASES_MAX, "nobody said anything");
}

#[test]
fn a_cause_for_which_nothing_speaks_is_no_suspect() {
    let quiet = rank(&CauseModel::default(), &Cases::default(), "milling", None, &shows(&[]));
    assert!(quiet.is_empty(), "{quiet:?}");
    let unseen = Symptom::ALL.map(|symptom| (symptom == Symptom::VibrationHigh).then_some(1.0));
    let causes: Vec<Cause> =
        rank(&CauseModel::default(), &Cases::default(), "fan", None, &unseen).iter().map(|suspect| suspect.cause).collect();
    assert_eq!(causes, [Cause::BearingWear], "no other cause can show at a machine with a vibration channel alone");
}
