//! Promises in the virtual workshop.

use crate::experiment::{Mode, promises};

#[test]
fn orders_that_are_released_are_promised_dates_that_the_world_can_judge() {
    let found = promises(3, 2, Mode::Act, 800);
    assert_eq!(found.failed, Vec::<String>::new());
    assert!(found.told.len() > 10, "{} promises", found.told.len());
    assert!(found.told.iter().all(|kept| kept.promised.planned > kept.promised.at && kept.promised.due >= kept.promised.likely));
    assert!(found.told.iter().any(|kept| kept.is_kept()) && found.told.iter().all(|kept| kept.promised.sure == 800));
}
