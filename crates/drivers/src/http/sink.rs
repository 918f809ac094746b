//! Writes to devices that come by HTTP: there are none, for the unit cannot reach them. Enters: write requests. Leaves: refusals.

use crate::WriteRequest;

/// Answers a write with the reason why it cannot be done.
pub(super) fn refuse(request: WriteRequest) {
    // the asker may have gone away
    let _ =
        request.answer.send(Err("devices that send by HTTP cannot be written to; use a source of another protocol".to_owned()));
}
