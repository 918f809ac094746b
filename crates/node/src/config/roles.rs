//! A unit fit for a role, as an example for people. Enters: a role. Leaves: text.

use plant::Role;

/// An example of a unit for people.
pub fn unit_example(role: Role) -> String {
    role.usual_unit().map_or_else(|| "`W`, `Cel`, `bar`, `%`, `1`".to_owned(), |code| format!("`{code}`"))
}
