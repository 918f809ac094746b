//! What other threads ask of the broker's thread. Enters: messages to publish, the wish to stop. Leaves: how many listen.

use super::hub::Hub;
use crate::mqtt::packet::topic_name;
use std::sync::mpsc;
use std::task::Waker;
use std::time::Instant;
use tokio::sync::oneshot;

/// Most orders that wait.
const ORDERS_MAX: usize = 256;

/// An order.
#[derive(Debug)]
pub(super) enum Order {
    /// Publish with QoS 1; answered with the number of subscribers.
    Publish { topic: String, payload: Vec<u8>, heard: oneshot::Sender<usize> },
    /// Stop.
    Stop,
}

/// The thread's end.
pub(super) struct Orders(mpsc::Receiver<Order>);

/// The others' end.
#[derive(Clone, Debug)]
pub struct Counter {
    orders: mpsc::SyncSender<Order>,
    waker: Waker,
}

/// A pair of ends; the waker comes once the thread's queue is there.
pub(super) fn pair() -> (Orders, impl FnOnce(Waker) -> Counter) {
    let (orders, waiting) = mpsc::sync_channel(ORDERS_MAX);
    (Orders(waiting), move |waker| Counter { orders, waker })
}

impl Orders {
    /// Carries out what waits; `true` when the broker is to stop.
    pub(super) fn carry_out(&self, hub: &mut Hub, now: Instant) -> bool {
        loop {
            match self.0.try_recv() {
                Ok(Order::Publish { topic, payload, heard }) => {
                    // whoever asked may have gone
                    let _ = heard.send(hub.announce(&topic, &payload, now));
                }
                Ok(Order::Stop) | Err(mpsc::TryRecvError::Disconnected) => return true,
                Err(mpsc::TryRecvError::Empty) => return false,
            }
        }
    }
}

impl Counter {
    /// Publishes a message of QoS 1; the number of sessions it goes to.
    ///
    /// # Errors
    /// The topic is none, too many wait already, or the broker has ended.
    pub async fn publish(&self, topic: &str, payload: Vec<u8>) -> Result<usize, String> {
        topic_name(topic.as_bytes()).map_err(|fault| format!("`{topic}`: {fault}"))?;
        let (heard, answer) = oneshot::channel();
        let order = Order::Publish { topic: topic.to_owned(), payload, heard };
        self.orders.try_send(order).map_err(|_| "the broker has too many messages waiting, or has ended".to_owned())?;
        self.waker.wake_by_ref();
        answer.await.map_err(|_| "the broker has ended".to_owned())
    }
    /// Asks the broker to stop.
    pub(super) fn stop(&self) {
        // a thread that has ended needs no order
        let _ = self.orders.send(Order::Stop);
        self.waker.wake_by_ref();
    }
}
