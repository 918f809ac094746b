//! People who may sign in.

use super::{Records, UserRow};
use crate::StoreError;
use plant::UserRole;

impl Records {
    /// A person by name.
    pub(crate) async fn user(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        let row: Option<(String, String, String)> =
            sqlx::query_as("SELECT name, role, password_hash FROM people WHERE name = $1")
                .bind(name)
                .fetch_optional(&self.pool)
                .await?;
        row.map(read).transpose()
    }
    /// All people by name.
    pub(crate) async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        let rows: Vec<(String, String, String)> =
            sqlx::query_as("SELECT name, role, password_hash FROM people ORDER BY name").fetch_all(&self.pool).await?;
        rows.into_iter().map(read).collect()
    }
    /// Adds or changes a person.
    pub(crate) async fn put_user(&self, user: &UserRow) -> Result<(), StoreError> {
        let _one = self.writer.lock().await;
        sqlx::query(
            "INSERT INTO people (name, role, password_hash) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash",
        )
        .bind(user.name.as_str())
        .bind(user.role.word())
        .bind(user.password_hash.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read((name, role, password_hash): (String, String, String)) -> Result<UserRow, StoreError> {
    let known = UserRole::from_word(&role);
    let role = known.ok_or_else(|| StoreError::form(format!("user `{name}`"), &format!("role `{role}` is not known")))?;
    Ok(UserRow { name, role, password_hash })
}
