//! Proofs: what they say is what trying everything says.

use super::random::{Features, enumerated, features, model, plain};
use crate::search::Search;
use crate::search::exact::{Proof, Verdict};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn nothing_is_below_the_optimum_and_something_at_it(seed in any::<u64>(), has in features()) {
        let open = Features { graph: false, published: false, early: false, closed: false, set_ups: false, ..plain(has) };
        let model = model(seed, open);
        prop_assume!(model.operations.len() <= 5);
        let optimum = enumerated(&model);
        let none = Proof::new(&model, optimum).expect("it is small");
        prop_assert_eq!(none.ask(100_000), Verdict::None);
        let one = Proof::new(&model, optimum + 1).expect("it is small");
        let Verdict::Perhaps(plan) = one.ask(100_000) else { return Err(TestCaseError::fail("there is a plan")) };
        prop_assert_eq!(Search::resume(&model, 1, &plan).objective(), optimum);
    }

    #[test]
    fn no_proof_contradicts_a_plan(seed in any::<u64>(), has in features()) {
        let model = model(seed, has);
        let mut search = Search::new(&model, 1);
        search.step(300);
        prop_assume!(search.broken() == 0);
        if let Some(proof) = Proof::new(&model, search.objective() + 1) {
            prop_assert_ne!(proof.ask(2_000), Verdict::None);
        }
    }
}
