//! Orders that customers put together, by their number; a key is there once.

use super::Records;
use crate::StoreError;

impl Records {
    /// The forms of all accepted orders, by number.
    pub(crate) async fn customs(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT body FROM custom_orders ORDER BY number").fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(body,)| body).collect())
    }
    /// Keeps the form of an accepted order; it is on the disk then.
    pub(crate) async fn add_custom(&self, number: u32, key: &str, body: &str) -> Result<(), StoreError> {
        let _one = self.writer.lock().await;
        sqlx::query("INSERT INTO custom_orders (number, order_key, body) VALUES ($1, $2, $3)")
            .bind(i64::from(number))
            .bind(key)
            .bind(body)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
