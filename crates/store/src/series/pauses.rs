//! Pauses in the work on a query: after each batch of a source or a join the query thread is free for a moment, so that a query that
//! has had its time can be ended and others get their turn.
//!
//! Enters: the plan of a query. Leaves: the same plan with pauses in it. Absent: limits of time (`store::asking`).

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, RecordBatchStream};
use futures::{Stream, StreamExt};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Puts a pause after each source and around each node that joins others: a join may give batches, or look for them, for hours
/// between two batches of its sources.
#[derive(Debug)]
pub(super) struct Pauses;

impl PhysicalOptimizerRule for Pauses {
    fn name(&self) -> &str {
        "pauses"
    }
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let paused = plan.transform_up(|node| {
            let children = node.children().len();
            if children == 1 {
                return Ok(Transformed::no(node));
            }
            let from = node.children().into_iter().map(|child| Pausing::after(Arc::clone(child))).collect();
            let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            let node = if children == 0 { node } else { node.replace_children(from, options)? };
            Ok(Transformed::yes(Pausing::after(node)))
        });
        paused.map(|paused| paused.data)
    }
    fn schema_check(&self) -> bool {
        true
    }
}

/// A node with a pause after each of its batches.
#[derive(Debug)]
struct Pausing(Arc<dyn ExecutionPlan>);

impl Pausing {
    fn after(node: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Self(node))
    }
}

impl DisplayAs for Pausing {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pausing")
    }
}

impl ExecutionPlan for Pausing {
    fn name(&self) -> &str {
        "Pausing"
    }
    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }
    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }
    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.0]
    }
    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(children.pop().map_or(self, Self::after))
    }
    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        Ok(Box::pin(Paused { batches: self.0.execute(partition, context)?, is_due: false }))
    }
}

/// Batches with a pause between two of them.
struct Paused {
    batches: SendableRecordBatchStream,
    is_due: bool,
}

impl Stream for Paused {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.is_due) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = self.batches.poll_next_unpin(context);
        self.is_due = next.is_ready();
        next
    }
}

impl RecordBatchStream for Paused {
    fn schema(&self) -> SchemaRef {
        self.batches.schema()
    }
}
