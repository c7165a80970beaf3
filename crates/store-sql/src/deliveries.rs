//! The queue of deliveries.

use crate::SqliteStore;
use crate::connections;
use crate::row::{Row, Val, json, vals, word};
use crate::tx::Tx;
use issuesync_model::{BoxFuture, ConnectionChange, ConnectionId, Delivery, DeliveryKey, DeliveryState};
use issuesync_store::{Appended, Deliveries, Result};

const COLUMNS: &str = "delivery_id, connection_id, received_at, headers, body, state, tries, lease_until, error";

fn read(row: &Row) -> Result<Delivery> {
    Ok(Delivery {
        key: DeliveryKey { connection: row.parsed(1, "connection_id")?, id: row.text(0, "delivery_id")?.to_owned() },
        received_us: row.int(2, "received_at")?,
        headers: row.json(3, "headers")?,
        body: row.blob(4, "body")?,
        state: row.word(5, "state")?,
        tries: u32::try_from(row.int(6, "tries")?).unwrap_or(u32::MAX),
        lease_until_us: row.int(7, "lease_until")?,
        error: row.text_opt(8, "error")?.map(str::to_owned),
    })
}

/// Marks deliveries as done.
pub(crate) async fn finish(tx: &Tx<'_>, keys: &[DeliveryKey]) -> Result<()> {
    for key in keys {
        let sql = "UPDATE deliveries SET state = 'done', lease_until = 0 WHERE connection_id = ?1 AND delivery_id = ?2";
        tx.execute(sql, vals![key.connection.to_string(), key.id.as_str()]).await?;
    }
    Ok(())
}

async fn append(tx: &Tx<'_>, delivery: Delivery) -> Result<Appended> {
    let connection = delivery.key.connection.to_string();
    let values = vals![
        connection.as_str(),
        delivery.key.id.as_str(),
        delivery.received_us,
        json(&delivery.headers),
        Val::Blob(delivery.body),
        word(&delivery.state),
        i64::from(delivery.tries),
        delivery.lease_until_us,
        delivery.error,
    ];
    let insert = "INSERT INTO deliveries (connection_id, delivery_id, received_at, headers, body, state, tries, lease_until, error) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    if tx.execute(insert, values).await? > 0 {
        return Ok(Appended::Queued);
    }
    let again = "UPDATE deliveries SET received_at = ?3, headers = ?4, body = ?5, state = ?6, tries = ?7, lease_until = ?8, error = ?9 \
         WHERE connection_id = ?1 AND delivery_id = ?2 AND state = 'dead'";
    Ok(if tx.execute(again, values).await? > 0 { Appended::Again } else { Appended::Repeat })
}

async fn claim(tx: &Tx<'_>, now_us: i64, lease_us: i64, limit: usize) -> Result<Vec<Delivery>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deliveries WHERE state = 'queued' AND lease_until <= ?1 ORDER BY received_at, connection_id, delivery_id LIMIT ?2"
    );
    let rows = tx.rows("deliveries", &sql, vals![now_us, limit as i64]).await?;
    let mut claimed = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    for delivery in &mut claimed {
        delivery.tries += 1;
        delivery.lease_until_us = now_us + lease_us;
        let sql = "UPDATE deliveries SET tries = ?3, lease_until = ?4 WHERE connection_id = ?1 AND delivery_id = ?2";
        let values = vals![
            delivery.key.connection.to_string(),
            delivery.key.id.as_str(),
            i64::from(delivery.tries),
            delivery.lease_until_us
        ];
        tx.execute(sql, values).await?;
    }
    Ok(claimed)
}

impl Deliveries for SqliteStore {
    fn append(&self, deliveries: Vec<Delivery>) -> BoxFuture<'_, Result<Vec<Appended>>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let mut answers = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    answers.push(append(tx, delivery).await?);
                }
                Ok(answers)
            })
        })
    }

    fn claim_deliveries(&self, now_us: i64, lease_us: i64, limit: usize) -> BoxFuture<'_, Result<Vec<Delivery>>> {
        self.db.write(move |tx| Box::pin(claim(tx, now_us, lease_us, limit)))
    }

    fn finish_deliveries(&self, keys: Vec<DeliveryKey>) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| Box::pin(async move { finish(tx, &keys).await }))
    }

    fn release_deliveries(&self, keys: Vec<DeliveryKey>, not_before_us: i64) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                for key in &keys {
                    let sql =
                        "UPDATE deliveries SET lease_until = ?3 WHERE connection_id = ?1 AND delivery_id = ?2 AND state = 'queued'";
                    tx.execute(sql, vals![key.connection.to_string(), key.id.as_str(), not_before_us]).await?;
                }
                Ok(())
            })
        })
    }

    fn bury(&self, key: DeliveryKey, error: String) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE deliveries SET state = 'dead', lease_until = 0, error = ?3 WHERE connection_id = ?1 AND delivery_id = ?2";
                tx.execute(sql, vals![key.connection.to_string(), key.id.as_str(), error]).await?;
                connections::change(tx, key.connection, vec![ConnectionChange::Dirty]).await.map(drop)
            })
        })
    }

    fn replay(&self, key: DeliveryKey) -> BoxFuture<'_, Result<bool>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE deliveries SET state = 'queued', tries = 0, lease_until = 0, error = NULL \
                     WHERE connection_id = ?1 AND delivery_id = ?2";
                Ok(tx.execute(sql, vals![key.connection.to_string(), key.id]).await? > 0)
            })
        })
    }

    fn deliveries(
        &self,
        connection: Option<ConnectionId>,
        state: Option<DeliveryState>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Delivery>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = format!(
                    "SELECT {COLUMNS} FROM deliveries WHERE (?1 IS NULL OR connection_id = ?1) AND (?2 IS NULL OR state = ?2) \
                     ORDER BY received_at DESC, connection_id DESC, delivery_id DESC LIMIT ?3"
                );
                let values = vals![connection.map(|id| id.to_string()), state.map(|state| word(&state)), limit as i64];
                tx.rows("deliveries", &sql, values).await?.iter().map(read).collect()
            })
        })
    }

    fn queued(&self) -> BoxFuture<'_, Result<i64>> {
        self.db.read(|tx| {
            Box::pin(async move { tx.number("SELECT count(*) FROM deliveries WHERE state = 'queued'", &[]).await })
        })
    }

    fn sweep_deliveries(&self, before_us: i64) -> BoxFuture<'_, Result<i64>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let sql = "DELETE FROM deliveries WHERE state <> 'queued' AND received_at < ?1";
                Ok(tx.execute(sql, vals![before_us]).await? as i64)
            })
        })
    }
}
