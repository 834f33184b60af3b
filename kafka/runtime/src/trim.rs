//! Deletes state below the last image, beside the work: a hint whose failure costs only disk.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use rdkafka::Offset as KafkaOffset;
use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use stream::{Offset, TopicPartition};

use crate::log::list_of;

type Deletion = Pin<Box<dyn Future<Output = Result<TopicPartitionList, KafkaError>> + Send>>;

/// Deletions under way. librdkafka works on them by itself; they are only looked at here.
#[derive(Default)]
pub(crate) struct Trimmer {
    under_way: Vec<(TopicPartition, Deletion)>,
}

impl Trimmer {
    pub(crate) fn delete_before(
        &mut self,
        admin: &AdminClient<DefaultClientContext>,
        of: &TopicPartition,
        before: Offset,
    ) {
        match list_of(&[(of, KafkaOffset::Offset(before.0))]) {
            Ok(list) => {
                let deletion = admin.delete_records(&list, &AdminOptions::new());
                self.under_way.push((of.clone(), Box::pin(deletion)));
            }
            Err(error) => report(of, &error),
        }
    }

    /// Says of deletions that have ended badly why they did.
    pub(crate) fn look(&mut self) {
        if self.under_way.is_empty() {
            return;
        }
        let mut context = Context::from_waker(Waker::noop());
        self.under_way.retain_mut(|(of, deletion)| match deletion.as_mut().poll(&mut context) {
            Poll::Pending => true,
            Poll::Ready(ended) => {
                if let Err(error) = ended {
                    report(of, &error);
                }
                false
            }
        });
    }
}

fn report(of: &TopicPartition, error: &KafkaError) {
    let gone = error.rdkafka_error_code() == Some(RDKafkaErrorCode::OffsetOutOfRange);
    if !gone {
        tracing::warn!(topic = %of, %error, "cannot delete old state; the topic grows until this works");
    }
}
