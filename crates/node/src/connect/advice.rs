//! What to do next when a source cannot be looked at. Enters: the trouble. Leaves: a sentence for the person. Absent: the
//! trouble's own sentence.

use drivers::Trouble;

/// What to do next, in English; pages have their own words by [`Trouble::word`].
pub const fn next(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unreachable => {
            "Is the device switched on and in this network? Check address and port, cable, VPN and firewall, then try again."
        }
        Trouble::WrongProtocol => {
            "Another protocol answers there. Check the port, or begin the address with the protocol it speaks."
        }
        Trouble::Untrusted => {
            "The two sides do not trust each other's certificate yet. Trust ours in the server, and put the server's into the folder \
             `trusted` that the message names, then try again."
        }
        Trouble::LoginNeeded => {
            "The source wants a name and a password: write the password into a file and give --user NAME --password-file FILE."
        }
        Trouble::Refused => "The source answered and refused; its own sentence says why.",
        Trouble::Cursor => "Begin again from the start.",
        Trouble::NotOffered => {
            "This source tells nothing of itself: give the list from its manual with --list FILE (CSV: address, device, name, unit), or write its channels into unit.toml by hand."
        }
    }
}
