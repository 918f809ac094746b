//! The objective of a graph, exactly.
//!
//! Enters: a graph with its heads, or starts. Leaves: the objective. Absent: how to make it less.

use super::graph::Graph;
use super::model::Model;
use super::shop::Shop;

/// What a job costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobCost {
    /// Due; far away where there is none.
    pub due: i64,
    /// For a tick of tardiness.
    pub tardiness: i64,
    /// For a tick of earliness.
    pub earliness: i64,
    /// For a tick between first start and completion.
    pub flow: i64,
}

/// The objective.
#[derive(Debug)]
pub(super) struct Cost {
    /// For a tick of makespan.
    pub makespan: i64,
    /// Each job's.
    pub jobs: Vec<JobCost>,
    /// Operations of each job before which none comes.
    pub sources: Vec<Vec<u32>>,
    /// Operations of each job after which none comes.
    pub sinks: Vec<Vec<u32>>,
    /// Operation, machine and start of what was published, where moving it costs.
    published: Vec<(u32, u32, i64)>,
    tick: i64,
    machine: i64,
    /// Starting later never makes it less.
    pub is_regular: bool,
    /// The makespan and nothing else.
    pub is_makespan: bool,
}

impl Cost {
    /// The objective of a model.
    pub fn new(model: &Model, shop: &Shop) -> Self {
        let far = 1 << 40;
        let jobs: Vec<JobCost> = model
            .jobs
            .iter()
            .map(|j| JobCost {
                due: j.due.unwrap_or(far),
                tardiness: if j.due.is_some() { j.tardiness } else { 0 },
                earliness: if j.due.is_some() { j.earliness } else { 0 },
                flow: j.flow,
            })
            .collect();
        let mut sources = vec![Vec::new(); jobs.len()];
        let mut sinks = vec![Vec::new(); jobs.len()];
        let mut own = vec![[false; 2]; shop.count];
        for &(before, then) in &model.precedences {
            if shop.job[before as usize] == shop.job[then as usize] {
                own[before as usize][1] = true;
                own[then as usize][0] = true;
            }
        }
        for (operation, [has_before, has_after]) in own.into_iter().enumerate() {
            let job = shop.job[operation] as usize;
            if !has_before {
                sources[job].push(operation as u32);
            }
            if !has_after {
                sinks[job].push(operation as u32);
            }
        }
        let stability = model.stability;
        let prices = stability.tick > 0 || stability.machine > 0;
        let with_number = model.operations.iter().enumerate().filter(|_| prices);
        let published: Vec<(u32, u32, i64)> =
            with_number.filter_map(|(o, op)| op.published.map(|p| (o as u32, p.machine, p.start))).collect();
        let is_early = jobs.iter().any(|j| j.earliness > 0 || j.flow > 0);
        let is_late = jobs.iter().any(|j| j.tardiness > 0);
        Self {
            makespan: model.makespan,
            is_regular: !is_early,
            is_makespan: !is_early && !is_late && published.is_empty(),
            jobs,
            sources,
            sinks,
            published,
            tick: stability.tick,
            machine: stability.machine,
        }
    }

    /// Of the earliest starts.
    pub fn of_heads(&self, graph: &Graph) -> i64 {
        self.of(graph, |o| graph.nodes[o as usize].head)
    }

    /// Of given starts.
    pub fn of_starts(&self, graph: &Graph, starts: &[i32]) -> i64 {
        self.of(graph, |o| starts[o as usize])
    }

    fn of(&self, graph: &Graph, start: impl Fn(u32) -> i32) -> i64 {
        let mut longest = 0;
        let mut sum = 0;
        for (job, cost) in self.jobs.iter().enumerate() {
            let ends = self.sinks[job].iter().map(|o| start(*o) + graph.nodes[*o as usize].dur);
            let end = i64::from(ends.max().unwrap_or(0));
            longest = longest.max(end);
            sum += cost.tardiness * (end - cost.due).max(0);
            if !self.is_regular && !self.sinks[job].is_empty() {
                let first = self.sources[job].iter().map(|o| start(*o)).min().unwrap_or(0);
                sum += cost.earliness * (cost.due - end).max(0) + cost.flow * (end - i64::from(first));
            }
        }
        for &(operation, machine, published) in &self.published {
            sum += self.tick * (i64::from(start(operation)) - published).abs();
            sum += if graph.machine[operation as usize] == machine { 0 } else { self.machine };
        }
        sum + self.makespan * longest
    }
}
